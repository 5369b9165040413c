"""The ledger: records that are only ever added, each a file named by the digest of its canonical bytes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from restrike.base import atomic, canonical
from restrike.base import digest as digests
from restrike.store import durable
from restrike.store.errors import RecordCorrupt, RecordMissing
from restrike.store.objects import DIGEST
from restrike.store.scratch import Scratch

SUFFIX = ".json"


class Ledger:
    """The files under `ledger/`."""

    def __init__(self, folder: Path, scratch: Scratch):
        self.folder = folder
        self._scratch = scratch

    def locate(self, digest: str) -> Path:
        if not DIGEST.fullmatch(digest):
            raise ValueError(f"{digest!r} is not a SHA-256 digest in lower-case hexadecimal")
        return self.folder / digest[:2] / (digest + SUFFIX)

    def append(self, record: dict[str, Any]) -> str:
        """Write a record; it is on the disk when this returns. A record that is there already stays as it is."""
        if "format" not in record:
            raise ValueError("a record must name its format")
        data = canonical.dumps(record)
        digest = digests.of_bytes(data)
        target = self.locate(digest)
        if _holds(target, data):
            return digest
        temporary = self._scratch.name()
        with atomic.told_plainly(target):
            try:
                atomic.write_point()
                temporary.write_bytes(data)
                atomic.write_point()
                durable.sync_files([temporary], self.folder)
                self._name(temporary, target)
            finally:
                temporary.unlink(missing_ok=True)
        return digest

    def read(self, digest: str) -> dict[str, Any]:
        path = self.locate(digest)
        try:
            data = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise RecordMissing(digest) from None
        return _verified(digest, path, data)

    def read_all(
        self, *, containing: bytes = b"", damaged: Callable[[RecordCorrupt], None] | None = None
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give the records in order of digest; with `containing`, only those with these bytes in them.

        Raise RecordCorrupt at a damaged one, or hand it to `damaged` and go on.
        """
        for path in self.paths():
            data = path.read_bytes()
            if containing not in data:
                continue
            digest = path.name.removesuffix(SUFFIX)
            try:
                yield digest, _verified(digest, path, data)
            except RecordCorrupt as error:
                if damaged is None:
                    raise
                damaged(error)

    def digests(self) -> Iterator[str]:
        """Give the digests of all records from their names alone, in order."""
        for path in self.paths():
            yield path.name.removesuffix(SUFFIX)

    def paths(self) -> Iterator[Path]:
        """Give the files that are named as records are, in order of name."""
        for folder in sorted(_names(self.folder)):
            for name in sorted(_names(self.folder / folder)):
                stem = name.removesuffix(SUFFIX)
                if name.endswith(SUFFIX) and DIGEST.fullmatch(stem) and stem[:2] == folder:
                    yield self.folder / folder / name

    def _name(self, temporary: Path, target: Path) -> None:
        made = not target.parent.is_dir()
        target.parent.mkdir(exist_ok=True)
        os.chmod(temporary, 0o444)
        atomic.write_point()
        os.replace(temporary, target)
        atomic.write_point()
        durable.sync_folders([target.parent, *([self.folder] if made else [])], self.folder)
        atomic.write_point()


def _verified(digest: str, path: Path, data: bytes) -> dict[str, Any]:
    if digests.of_bytes(data) != digest:
        raise RecordCorrupt(digest, path, f"its bytes hash to '{digests.of_bytes(data)[:12]}…'")
    try:
        record = canonical.loads(data)
    except ValueError as error:
        raise RecordCorrupt(digest, path, f"it is not canonical JSON: {error}") from error
    if not isinstance(record, dict):
        raise RecordCorrupt(digest, path, "it is not a JSON object")
    return record


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.read_bytes() == data
    except OSError:
        return False


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
