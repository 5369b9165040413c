"""Files of the project, asked for in several ways."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[1]


def listing():
    """Return what is in a folder, with how much it is."""
    return {entry.name: entry.stat().st_size for entry in sorted(os.scandir(ROOT / "words.d"), key=lambda e: e.name)}


def perhaps():
    """Return a text that may be there."""
    path = ROOT / "tables" / "override.txt"
    return path.read_text() if path.exists() else "none"


def linked():
    """Return what a link leads to."""
    return (ROOT / "tables" / "current.txt").read_text()


def place():
    """Return whether a file may be executed, and where code lies."""
    return [os.access(ROOT / "lib" / "tool.sh", os.X_OK), Path("here").is_dir(), sorted(os.listdir("lib"))]
