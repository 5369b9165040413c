"""Looking after a store: finding what is damaged, missing or strange, and removing what nothing needs."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from restrike.base import digest as digests
from restrike.store import trees
from restrike.store.errors import ObjectCorrupt, ObjectMissing, RecordCorrupt, TreeInvalid
from restrike.store.ledger import Ledger
from restrike.store.objects import DIGEST, Objects
from restrike.store.scratch import Scratch

Progress = Callable[[int, int], None]  # done, total: bytes of objects hashed


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a store. `digest` is what the name promises; empty for what is no object."""

    kind: Literal["missing", "corrupt", "foreign"]
    digest: str
    path: Path
    detail: str


@dataclass(frozen=True)
class Swept:
    """How many objects were removed, or would be, and their size in bytes."""

    objects: int
    bytes: int


def check(objects: Objects, ledger: Ledger, named: Iterable[str], progress: Progress | None) -> Iterator[Problem]:
    """Hash every object and record again, trusting no cache. `named` are digests that must be there."""
    wanted = dict.fromkeys(named, "named by a record")
    present: set[str] = set()
    listed = list(objects.list())
    total, done = sum(entry.stat(follow_symlinks=False).st_size for entry in listed), 0
    for entry in listed:
        problem = _object_problem(objects, entry)
        if problem is not None:
            yield problem
        if problem is None or problem.kind == "corrupt":
            present.add(entry.name)
        if problem is None:
            wanted.update(dict.fromkeys(_leaves(objects, entry.name), f"in the folder '{entry.name}'"))
        done += entry.stat(follow_symlinks=False).st_size
        if progress is not None:
            progress(done, total)
    for digest in sorted(wanted.keys() - present):
        yield Problem("missing", digest, objects.locate(digest), wanted[digest])
    yield from _record_problems(ledger)


def sweep(objects: Objects, scratch: Scratch, reachable: set[str], older_than_s: float, dry_run: bool) -> Swept:
    """Remove objects that are neither reachable, nor in a reachable folder, nor younger than `older_than_s`."""
    limit = time.time() - older_than_s
    listed = [entry for entry in objects.list() if _is_named_right(objects, entry)]
    kept = set(reachable) | {entry.name for entry in listed if entry.stat(follow_symlinks=False).st_mtime > limit}
    for digest in sorted(kept):
        if objects.status(digest) is not None:
            kept.update(_leaves(objects, digest))
    count = size = 0
    for entry in listed:
        if entry.name not in kept and (dry_run or _removed(entry, scratch, limit)):
            count += 1
            size += entry.stat(follow_symlinks=False).st_size
    return Swept(count, size)


def _is_named_right(objects: Objects, entry: os.DirEntry[str]) -> bool:
    return bool(DIGEST.fullmatch(entry.name)) and objects.locate(entry.name) == Path(entry.path)


def _object_problem(objects: Objects, entry: os.DirEntry[str]) -> Problem | None:
    path = Path(entry.path)
    if not _is_named_right(objects, entry):
        return Problem("foreign", "", path, "it is not named as objects are")
    if entry.is_symlink() or not entry.is_file(follow_symlinks=False):
        return Problem("corrupt", entry.name, path, "it is not a regular file")
    try:
        found, _ = digests.of_file(path)
    except FileNotFoundError:
        return None  # swept by another process since it was listed
    except OSError as error:
        return Problem("corrupt", entry.name, path, f"it cannot be read: {error.strerror}")
    if found != entry.name:
        return Problem("corrupt", entry.name, path, f"its bytes hash to '{found}'")
    return None


def _record_problems(ledger: Ledger) -> Iterator[Problem]:
    damaged: list[RecordCorrupt] = []
    for _ in ledger.read_all(damaged=damaged.append):
        pass
    for error in damaged:
        yield Problem("corrupt", error.digest, error.path, error.what)
    records = set(ledger.paths())
    for folder, _, names in os.walk(ledger.folder):
        for name in sorted(names):
            if (path := Path(folder, name)) not in records:
                yield Problem("foreign", "", path, "it is not named as records are")


def _leaves(objects: Objects, digest: str) -> list[str]:
    """Return the digests of a folder's files; none for what is not the listing of a folder."""
    path = objects.locate(digest)
    try:
        with open(path, "rb", buffering=0) as stream:
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - 64))
            if not trees.looks_like(stream.read(64)):
                return []
        return [entry.digest for entry in trees.parse(objects.get_bytes(digest), digest) if entry.is_file]
    except (FileNotFoundError, ObjectMissing, ObjectCorrupt, TreeInvalid):
        return []


def _removed(entry: os.DirEntry[str], scratch: Scratch, limit: float) -> bool:
    """Remove an object unless it was put again since it was listed."""
    aside = scratch.name()
    try:
        os.rename(entry.path, aside)
    except FileNotFoundError:
        return False
    if aside.lstat().st_mtime > limit:
        os.rename(aside, entry.path)
        return False
    aside.unlink()
    return True
