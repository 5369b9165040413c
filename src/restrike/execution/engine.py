"""The engine archive: the part of restrike that fixes bytes, kept in the store so that runs outlive releases of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import restrike
from restrike.store import Store

ROOMS = ("base", "pipeline", "codecs", "evaluation", "training", "worker")


def keep(store: Store, scratch: Path) -> str:
    """Put this version's engine into the store and return its digest: the address of its manifest."""
    home = Path(restrike.__file__).parent
    package = scratch / "restrike"
    package.mkdir(parents=True)
    shutil.copyfile(home / "__init__.py", package / "__init__.py")
    for room in ROOMS:
        shutil.copytree(home / room, package / room, ignore=shutil.ignore_patterns("__pycache__"))
    return store.put_tree(scratch)


def place(store: Store, digest: str, folder: Path) -> None:
    """Restore an engine, verified."""
    store.place_tree(digest, folder)
