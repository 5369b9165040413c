"""How a recipe becomes a result: capture, keys, reuse, the seal around each step, and the runner that all share."""
