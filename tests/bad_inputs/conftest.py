"""Somebody at a terminal (the fixtures of tests/flow)."""

import importlib.util
from pathlib import Path

_PATH = Path(__file__).parents[1] / "flow" / "conftest.py"
_spec = importlib.util.spec_from_file_location("flow_conftest", _PATH)
_flow = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_flow)

BIN, ROOT, User = _flow.BIN, _flow.ROOT, _flow.User
bare_env, ml_env, shared, variables = _flow.bare_env, _flow.ml_env, _flow.shared, _flow.variables
