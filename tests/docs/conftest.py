"""What the documentation's commands are executed with: the environments and variables of tests/flow."""

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def _flow():
    spec = importlib.util.spec_from_file_location("flow_conftest", ROOT / "tests" / "flow" / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["flow_conftest"] = module
    spec.loader.exec_module(module)
    return module


flow = _flow()
shared, bare_env, ml_env, variables = flow.shared, flow.bare_env, flow.ml_env, flow.variables
