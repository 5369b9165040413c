"""What the settings say, built."""

import json
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[1]


def tokens():
    """Return the way of taking texts apart that the settings name."""
    settings = json.loads((ROOT / "settings" / "tokens.json").read_text())
    module, _, name = settings["use"].partition(":")
    stop = (ROOT / settings["stop"]).read_text().split()
    return getattr(import_module(module), name)(**settings["params"], stop=stop)
