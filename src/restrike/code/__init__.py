"""The code of a run: a snapshot of the project's files, taken without touching the user's repository.

Snapshots live as git trees in a bare repository of their own. Git ids are how people and git reach them; what is
proved rests on SHA-256. Specified in docs/design/code-snapshot.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from restrike.code.firstparty import import_roots
    from restrike.code.installed import distributions, lay_out
    from restrike.code.repository import CodeRepository
    from restrike.code.snapshot import CodeFile, FileChange, LeftOut, Limits, Snapshot
    from restrike.code.tree import SnapshotTree

__all__ = [
    "CodeFile",
    "CodeRepository",
    "FileChange",
    "LeftOut",
    "Limits",
    "Snapshot",
    "SnapshotTree",
    "distributions",
    "import_roots",
    "lay_out",
]

_HOMES = {
    "CodeRepository": "restrike.code.repository",
    "distributions": "restrike.code.installed",
    "import_roots": "restrike.code.firstparty",
    "lay_out": "restrike.code.installed",
    "SnapshotTree": "restrike.code.tree",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'restrike.code' has no attribute '{name}'")
    import importlib

    return getattr(importlib.import_module(_HOMES.get(name, "restrike.code.snapshot")), name)
