"""`restrike init`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from restrike import config
from restrike.base import atomic
from restrike.base.errors import RestrikeError
from restrike.config.guess import look
from restrike.store import Store
from restrike.workspace.project import CONFIG, STORE, Project


class NothingToInitialise(RestrikeError):
    """The folder in which a project should begin does not exist."""

    code = "R005"


def init(folder: Path, *, data: Path | None = None) -> dict[str, Any]:
    """Make a folder a project: a commented `restrike.yaml`, the store, and a line in `.gitignore`.

    What exists is left as it is, so repeating it does no harm. With a CSV file as `data` the columns are filled in.
    """
    if not folder.is_dir():
        raise NothingToInitialise(f"'{folder}' is not a folder", hint=f"mkdir -p '{folder}'")
    if data is not None and not data.is_file():
        raise NothingToInitialise(f"the data file '{data}' does not exist")
    root = folder.resolve()
    created, notes = [], []
    if (root / CONFIG).exists():
        notes.append(f"{CONFIG} is there already and was left as it is")
    else:
        atomic.write(root / CONFIG, config.starter(_relative(data, root), root).encode())
        created.append(CONFIG)
        notes += _guesses(data) if data is not None else []
    store = Project(root).store_root
    if not (store / "format").exists():
        with atomic.told_plainly(store):
            Store.create(store)
        created.append(f"{os.path.relpath(store, root)}/")
    if _ignore(root / ".gitignore"):
        created.append(".gitignore (a line for the store)")
    return {"project": str(root), "created": created, "notes": notes, "next": [f"edit {CONFIG}", "restrike run"]}


def _guesses(data: Path) -> list[str]:
    """Return what was guessed of a table and has to be checked."""
    table = look(data)
    if table is None:
        return [f"the columns of '{data.name}' are not guessed: name features and label in {CONFIG}"]
    guesses = [f"the label is a guess: '{table.label.name}'; features too, so check both in {CONFIG}"]
    if not table.header:
        names = f"{table.columns[0].name} to {table.columns[-1].name}"
        guesses.append(
            f"'{data.name}' has no header: its columns are called {names}; name them under data.rows.read.columns"
        )
    return guesses


def _relative(data: Path | None, root: Path) -> Path | None:
    if data is None:
        return None
    absolute = data.resolve()
    return absolute.relative_to(root) if absolute.is_relative_to(root) else absolute


def _ignore(path: Path) -> bool:
    """Add the store to a `.gitignore` that lacks it; return whether anything was written."""
    text = path.read_text("utf-8") if path.exists() else ""
    if f"{STORE}/" in text.splitlines() or STORE in text.splitlines():
        return False
    joint = "" if not text or text.endswith("\n") else "\n"
    atomic.write(path, f"{text}{joint}{STORE}/\n".encode())
    return True
