"""The engine archive: the part of restrike that fixes bytes, kept in the store so that runs outlive releases of it."""

from __future__ import annotations

import stat
from pathlib import Path

import restrike
from restrike.store import Store, TreeEntry

ROOMS = ("base", "pipeline", "codecs", "evaluation", "training", "worker")


def keep(store: Store) -> str:
    """Put this version's engine into the store and return its digest: the address of its manifest."""
    home = Path(restrike.__file__).parent
    sources = [home / "__init__.py", *(path for room in ROOMS for path in (home / room).rglob("*") if _is_source(path))]
    with store.batch():
        entries = []
        for path in sources:
            digest, size = store.put_file(path)
            executable = bool(path.stat().st_mode & stat.S_IXUSR)
            entries.append(TreeEntry(f"restrike/{path.relative_to(home).as_posix()}", digest, size, executable))
        return store.put_manifest(entries)


def _is_source(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts


def place(store: Store, digest: str, folder: Path) -> None:
    """Restore an engine, verified."""
    store.place_tree(digest, folder)
