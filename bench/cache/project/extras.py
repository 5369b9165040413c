"""Extras: terms that come from code found by name, by listing, by chance of being there, or changed from elsewhere."""

import importlib
import subprocess
import sys
from pathlib import Path

import prices.patches  # noqa: F401  # imported for what it replaces
from executions import executed
from prices import patched
from prices.optional import topping
from prices.registered import REGISTRY

HERE = Path(__file__).parent


def extras(kind: str) -> dict[str, int]:
    """Return further terms by name."""
    executed("extras")
    plugins = sorted(path.stem for path in (HERE / "plugins").glob("[a-z]*.py"))
    script = [sys.executable, str(HERE / "prices" / "script.py")]
    return {
        "plugins": sum(importlib.import_module(f"plugins.{name}").VALUE for name in plugins),
        "named": importlib.import_module(f"prices.{kind}").VALUE,
        "optional": topping(),
        "registered": sum(function() for function in REGISTRY.values()),
        "patched": patched.surcharge(),
        "script": int(subprocess.run(script, capture_output=True, check=True).stdout),
    }
