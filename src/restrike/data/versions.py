"""Datasets by content: what lies at a path now, stored if it is new, and recorded with where it came from."""

from __future__ import annotations

import datetime
import getpass
import platform
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from restrike.base import digest as digests
from restrike.data.errors import DataUnusable, LfsPointer
from restrike.data.files import Found, Kind, Source, find
from restrike.data.history import FORMAT, Records, datasets
from restrike.data.stat_cache import Cached, StatCache, Summary, signature
from restrike.store import Store, TreeEntry
from restrike.store.errors import FileChanged
from restrike.store.trees import dump

LFS_LINE = b"version https://git-lfs.github.com/spec/v1"
LFS_SIZE = 1024  # the specification's limit for a pointer

How = Literal["added", "found changed at run"]


@dataclass(frozen=True)
class DatasetVersion:
    """A dataset's content as it is now. `new` means that it differs from the version recorded last."""

    name: str
    path: str
    digest: str
    kind: Kind
    size: int
    files: int
    new: bool
    previous: str | None
    record: str


def snapshot(store: Store, project: Path, name: str, path: str, *, records: Records | None = None) -> DatasetVersion:
    """Store and record what lies at a declared path; unchanged data is not read.

    `records` are the ledger's dataset records, if known. Raise DataMissing, DataUnusable, LfsPointer or FileChanged.
    """
    return _version(store, find(project, path), name, "found changed at run", records)


def add(
    store: Store, project: Path, path: str, *, name: str | None = None, records: Records | None = None
) -> DatasetVersion:
    """Store and record a file or folder as a dataset, by default under its own name without suffixes."""
    source = find(project, path)
    name = name or Path(path.rstrip("/")).name.split(".")[0] or source.root.name
    return _version(store, source, name, "added", records)


def mend(store: Store, project: Path, path: str, digest: str) -> bool:
    """Store once more what lies at a declared path, reading all of it; tell whether it is the version `digest`."""
    source = find(project, path)
    files = _stored(store, source, None)
    found = files[0][0] if source.kind == "file" else store.put_manifest(entries_of(files))
    return found == digest


def digest_of(source: Source, files: list[tuple[str, Found]]) -> str:
    """Return the dataset digest: that of the file, or of the folder's manifest."""
    return files[0][0] if source.kind == "file" else digests.of_bytes(dump(entries_of(files)))


def entries_of(files: list[tuple[str, Found]]) -> list[TreeEntry]:
    return [TreeEntry(file.path, digest, file.size) for digest, file in files]


def refuse_pointer(source: Source, file: Found) -> None:
    """Raise LfsPointer if the file only stands for data that was not fetched."""
    if file.size > LFS_SIZE:
        return
    with open(source.locate(file), "rb") as stream:
        if stream.read(len(LFS_LINE)) == LFS_LINE:
            raise LfsPointer(
                f"'{source.shown(file)}' is a Git LFS pointer; the data itself was not fetched",
                hint=f"git lfs pull --include '{source.shown(file)}'",
            )


def _version(store: Store, source: Source, name: str, how: How, records: Records | None) -> DatasetVersion:
    cache = StatCache(store.cache, name, source)
    cached = cache.read()
    if cached is not None and cached.trusts(source) and not store.absent({*cached.leaves(), cached.summary.digest}):
        summary = cached.summary
        if summary.record and store.has_record(summary.record):
            return _described(source, name, summary, new=False)
        summary, new = _recorded(store, source, name, how, summary, records)
        cache.rewrite(summary, cached)
        return _described(source, name, summary, new=new)
    began = time.time_ns()
    files = _stored(store, source, cached)
    digest = files[0][0] if source.kind == "file" else store.put_manifest(entries_of(files))
    unrecorded = Summary(signature(source), began, digest)
    summary, new = _recorded(store, source, name, how, unrecorded, records)
    cache.write(summary, files)
    return _described(source, name, summary, new=new)


def _stored(store: Store, source: Source, cached: Cached | None) -> list[tuple[str, Found]]:
    """Return the digests of all files, having stored those that changed or are not in the store."""
    known = cached.known() if cached is not None else {}
    absent = store.absent(set(known.values()))
    files = []
    with store.batch():
        for file in source.files:
            digest = known.get(file)
            if digest is None or digest in absent:
                digest = _put(store, source, file)
            files.append((digest, file))
    return files


def _put(store: Store, source: Source, file: Found) -> str:
    try:
        refuse_pointer(source, file)
        return store.put_file(source.locate(file))[0]
    except FileNotFoundError:
        raise FileChanged(f"'{source.shown(file)}' went away while the data was read") from None
    except PermissionError:
        raise DataUnusable(f"'{source.shown(file)}' cannot be read: permission denied") from None


def _recorded(
    store: Store, source: Source, name: str, how: How, summary: Summary, records: Records | None
) -> tuple[Summary, bool]:
    """Record the version unless it is the one recorded last; tell whether that was done."""
    versions = datasets(store, records).get(name)
    last = versions[-1] if versions else None
    if last is not None and last["digest"] == summary.digest:
        return replace(summary, record=last["record"], previous=last["previous"]), False
    previous = last["digest"] if last is not None else None
    record = store.append(
        {
            "format": FORMAT,
            "name": name,
            "path": source.declared,
            "digest": summary.digest,
            "kind": source.kind,
            "size": source.size,
            "files": len(source.files),
            "made": _made(source, how),
            "previous": previous,
        }
    )
    return replace(summary, record=record, previous=previous), True


def _made(source: Source, how: How) -> dict[str, Any]:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = ""  # a container's user need not have a name
    moment = datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")
    return {"how": how, "time": moment, "user": user, "host": platform.node(), "from": str(source.root)}


def _described(source: Source, name: str, summary: Summary, *, new: bool) -> DatasetVersion:
    return DatasetVersion(
        name=name,
        path=source.declared,
        digest=summary.digest,
        kind=source.kind,
        size=source.size,
        files=len(source.files),
        new=new,
        previous=summary.previous,
        record=summary.record,
    )
