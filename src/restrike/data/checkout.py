"""Data out of the store: beside a run, or back into the project; and whether the project still has it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from restrike.base import digest as digests
from restrike.base.errors import RestrikeError
from restrike.data.errors import DataMissing, UnsavedData
from restrike.data.files import Found, Kind, Source, find, located
from restrike.data.history import Records, datasets, log, unknown, version_of
from restrike.data.versions import digest_of
from restrike.store import Store
from restrike.store.errors import ObjectCorrupt, ObjectMissing, TreeInvalid
from restrike.store.scratch import remove, sibling


@dataclass(frozen=True)
class Comparison:
    """A dataset's newest version against what lies at its path, and against the store's own copy."""

    name: str
    path: str
    state: Literal["unchanged", "changed", "missing"]
    recorded: str
    found: str | None
    stored: Literal["sound", "damaged"]
    detail: str = ""


def place(store: Store, digest: str, kind: Kind, target: Path, *, mode: int = 0o444) -> None:
    """Write a verified copy of a dataset version; it takes its name only when it is whole."""
    if kind == "file":
        store.place(digest, target, mode=mode)
    else:
        store.place_tree(digest, target, mode=mode)


def verify(store: Store, project: Path, name: str | None = None, *, records: Records | None = None) -> list[Comparison]:
    """Hash the data of one dataset or of all, on the disk and in the store, trusting no cache. Raise DatasetUnknown."""
    known = datasets(store, records)
    if name is not None and name not in known:
        raise unknown(name, known)
    return [_compared(store, project, known[found][-1]) for found in sorted(known) if name in (None, found)]


def checkout(
    store: Store, project: Path, name: str, version: str = "@last", target: Path | None = None, *, force: bool = False
) -> Path:
    """Put a version of a dataset back at its path, or at `target`, and return where.

    Raise UnsavedData if what lies there is in no version (unless `force`), and DatasetUnknown.
    """
    record = version_of(log(store, name), version)
    target = target if target is not None else located(project, record["path"].rstrip("/"))
    target = Path(os.path.realpath(target))
    if not force:
        _refuse_loss(store, target)
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = sibling(target)
    try:
        _place_writable(store, record["digest"], record["kind"], fresh)
        _swap(fresh, target)
    finally:
        remove(fresh)
    return target


def _place_writable(store: Store, digest: str, kind: Kind, target: Path) -> None:
    mask = os.umask(0)
    os.umask(mask)
    place(store, digest, kind, target, mode=0o666 & ~mask)


def _swap(fresh: Path, target: Path) -> None:
    """Let new data take the place of old; a folder is out of place for a moment, but never lost."""
    if fresh.is_file() and not target.is_dir():
        os.replace(fresh, target)
        return
    old = sibling(target)
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    remove(old)


def _refuse_loss(store: Store, target: Path) -> None:
    try:
        source = find(target.parent, target.name)
    except DataMissing:
        return
    except RestrikeError:
        if target.is_dir() and not any(target.iterdir()):
            return
        raise
    absent = store.absent({digest for digest, _ in _hashed(source)})
    if absent:
        raise UnsavedData(
            f"'{target}' holds data that no version has",
            hint=f"restrike data add '{target}'   # or, to lose it: --force",
        )


def _compared(store: Store, project: Path, record: dict[str, str]) -> Comparison:
    recorded, state, found, detail = record["digest"], "missing", None, ""
    try:
        source = find(project, record["path"])
        found = digest_of(source, _hashed(source))
        state = "unchanged" if found == recorded else "changed"
    except RestrikeError as error:
        detail = error.what
    damage = _damage(store, recorded, record["kind"])
    return Comparison(
        name=record["name"],
        path=record["path"],
        state=state,  # type: ignore[arg-type]  # one of the three above
        recorded=recorded,
        found=found,
        stored="damaged" if damage else "sound",
        detail=detail or damage,
    )


def _damage(store: Store, digest: str, kind: str) -> str:
    """Read a stored version in full and say what is wrong with it; nothing if it is sound."""
    try:
        if kind == "file":
            _read(store, digest)
        else:
            for entry in store.read_tree(digest):
                if entry.is_file:
                    _read(store, entry.digest)
    except (ObjectMissing, ObjectCorrupt, TreeInvalid) as error:
        return error.what
    return ""


def _read(store: Store, digest: str) -> None:
    found, _ = digests.of_file(path := store.path_of(digest))
    if found != digest:
        raise ObjectCorrupt(digest, path, f"its bytes hash to '{found[:12]}…'")


def _hashed(source: Source) -> list[tuple[str, Found]]:
    return [(digests.of_file(source.locate(file))[0], file) for file in source.files]
