"""All features of all words, whichever there are in the folder."""

import importlib
from pathlib import Path

from words.registry import FEATURES

FOLDER = Path(__file__).parents[1] / "features"


def found():
    """Import every feature that lies in the folder."""
    for path in sorted(FOLDER.glob("*.py")):
        if path.stem != "__init__":
            importlib.import_module(f"features.{path.stem}")
    return FEATURES


def measure(words):
    return {name: [function(word) for word in words] for name, function in sorted(found().items())}
