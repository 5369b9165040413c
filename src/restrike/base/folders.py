"""Folders of the user that restrike keeps things in, outside any project."""

from __future__ import annotations

import os
from pathlib import Path


def user_cache() -> Path:
    """Return the folder for what can be made again: rebuilt environments, reports of bugs."""
    if named := os.environ.get("RESTRIKE_CACHE"):
        return Path(named).absolute()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "restrike"
