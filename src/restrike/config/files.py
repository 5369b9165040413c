"""Configuration files on the disk: their bytes, and how messages and records name them."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

from restrike.config.errors import ConfigMissing, ConfigUnreadable
from restrike.config.tree import Place


def read(path: Path, *, place: Place | None = None) -> bytes:
    """Return a file's bytes; `place` is where another file names it."""
    where = str(place) if place else None
    try:
        return path.read_bytes()
    except FileNotFoundError:
        hint = "restrike init" if path.name == "restrike.yaml" else None
        raise ConfigMissing(f"'{_short(path)}' does not exist{_near(path)}", where=where, hint=hint) from None
    except IsADirectoryError:
        raise ConfigUnreadable(f"'{_short(path)}' is a folder, not a file", where=where) from None
    except NotADirectoryError:
        raise ConfigMissing(f"'{_short(path)}' does not exist", where=where) from None
    except OSError as error:
        raise ConfigUnreadable(
            f"'{_short(path)}' cannot be read: {os.strerror(error.errno or 0)}", where=where
        ) from None


def shown(path: Path, project: Path) -> str:
    """Return a file as messages and records name it: relative to the project, so that no machine's path is kept."""
    return os.path.relpath(path, project)


def _short(path: Path) -> str:
    return path.name if path.is_absolute() else str(path)


def _near(path: Path) -> str:
    try:
        names = [name for name in os.listdir(path.parent) if name.endswith((".yaml", ".yml"))]
    except OSError:
        return ""
    close = difflib.get_close_matches(path.name, names, 1)
    return f"; did you mean '{close[0]}'?" if close else ""
