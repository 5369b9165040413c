"""What the last capture of a project saw, so that the next one reads only what changed.

The file may be deleted at any time, and a damaged one counts as none: it begins with the SHA-256 of the rest.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from restrike.base import atomic, digest
from restrike.code.scan import Entry
from restrike.code.selection import Selection
from restrike.code.snapshot import LeftOut, Snapshot

FORMAT = "restrike.code-memory/1"


@dataclass
class Memory:
    """The last capture: its selection of names, its files, its trees, its snapshot, and what each was derived from."""

    selected_for: str = ""
    selection: Selection = field(default_factory=lambda: Selection((), ()))
    entries: dict[str, Entry] = field(default_factory=dict)
    trees: list[str] = field(default_factory=list)
    compared_for: str = ""
    snapshot: Snapshot | None = None

    def known(self) -> set[str]:
        """Return the ids of the objects that the last capture left in the repository."""
        return {entry.blob for entry in self.entries.values()} | set(self.trees)


def path_of(folder: Path, project: Path) -> Path:
    """Return where the memory of a project lies."""
    return folder / f"{digest.of_bytes(str(project).encode('utf-8', 'surrogateescape'))[:32]}.json"


def load(path: Path) -> Memory:
    """Read what `save` wrote; return an empty memory if there is none that can be trusted."""
    try:
        head, _, body = path.read_bytes().partition(b"\n")
    except OSError:
        return Memory()
    if head.decode("ascii", "replace") != digest.of_bytes(body):
        return Memory()
    document = json.loads(body)
    if document.get("format") != FORMAT:
        return Memory()
    return Memory(
        selected_for=document["selected_for"],
        selection=Selection(tuple(document["selection"]["paths"]), _left_out(document["selection"]["left_out"])),
        entries={
            path: Entry(mode, size, blob, sha256, tuple(signature), read_at)
            for path, (mode, size, blob, sha256, signature, read_at) in document["entries"].items()
        },
        trees=document["trees"],
        compared_for=document["compared_for"],
        snapshot=_snapshot(document["snapshot"]),
    )


def save(path: Path, memory: Memory) -> None:
    document = {
        "format": FORMAT,
        "selected_for": memory.selected_for,
        "selection": {
            "paths": memory.selection.paths,
            "left_out": [asdict(item) for item in memory.selection.left_out],
        },
        "entries": memory.entries,
        "trees": memory.trees,
        "compared_for": memory.compared_for,
        "snapshot": None if memory.snapshot is None else asdict(memory.snapshot),
    }
    body = json.dumps(document, separators=(",", ":")).encode("ascii")
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write(path, digest.of_bytes(body).encode("ascii") + b"\n" + body, durable=False)


def forget(folder: Path) -> None:
    """Drop the memories of all projects: the next capture of each reads everything."""
    for path in folder.glob("*.json"):
        with contextlib.suppress(FileNotFoundError):
            path.unlink()


def _snapshot(document: dict[str, Any] | None) -> Snapshot | None:
    return None if document is None else Snapshot(**{**document, "left_out": _left_out(document["left_out"])})


def _left_out(items: list[dict[str, Any]]) -> tuple[LeftOut, ...]:
    return tuple(LeftOut(**item) for item in items)
