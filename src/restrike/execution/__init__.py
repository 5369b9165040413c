"""How a recipe becomes a result: the plan, reuse, the seal around each step, and the runner that `run` and `reproduce` share."""
