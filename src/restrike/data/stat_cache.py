"""Remembers the digests of data files by their status, so that unchanged data is looked at but not read.

One file a dataset under the store's `cache/data/`, replaced as a whole: two processes at once do no harm. Its first
line is the digest of the rest, so that a damaged one is seen and dropped; the second describes the dataset; then one
line a file. Nothing changed costs the walk, one read and one hash of a few megabytes: the lines are not even parsed.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from operator import itemgetter
from pathlib import Path

from restrike.base import atomic
from restrike.base import digest as digests
from restrike.base.errors import StorageFull, StorageReadOnly
from restrike.data.files import Found, Source
from restrike.store.verified import AT_REST_NS

FORMAT = "restrike.data-cache/1"


@dataclass(frozen=True)
class Summary:
    """What is known about a dataset as a whole. `hashed_ns` is when the look at its files began."""

    signature: str
    hashed_ns: int
    digest: str
    record: str = ""
    previous: str | None = None
    format: str = FORMAT


@dataclass(frozen=True)
class Cached:
    """A summary, and the lines of the files still unparsed."""

    summary: Summary
    lines: bytes

    def trusts(self, source: Source) -> bool:
        """Tell whether every file is what it was, none so fresh that a change might not show."""
        settled = self.summary.hashed_ns - AT_REST_NS
        newest = max(max(map(_MTIME, source.files)), max(map(_CTIME, source.files)))
        return newest < settled and signature(source) == self.summary.signature

    def leaves(self) -> set[str]:
        """Return the digests of the files, each at the beginning of its line."""
        return {line[2:66] for line in self.lines.decode("ascii").splitlines()}

    def known(self) -> dict[Found, str]:
        """Return the digests of the files that had been at rest, by their whole status."""
        settled = self.summary.hashed_ns - AT_REST_NS
        known = {}
        for line in self.lines.splitlines():
            digest, *status = json.loads(line)
            file = Found(*status)
            if max(file.mtime_ns, file.ctime_ns) < settled:
                known[file] = digest
        return known


_MTIME, _CTIME = itemgetter(2), itemgetter(3)


def signature(source: Source) -> str:
    """Return a digest of the status of all files."""
    text = "\n".join(f"{path}\0{size} {mtime} {ctime} {inode}" for path, size, mtime, ctime, inode in source.files)
    return hashlib.sha256(f"{source.kind}\0{source.root}\0{text}".encode("utf-8", "surrogateescape")).hexdigest()


class StatCache:
    """The cached knowledge of one dataset name at one place."""

    def __init__(self, folder: Path, name: str, source: Source):
        key = digests.of_bytes(f"{name}\0{source.root}".encode("utf-8", "surrogateescape"))
        self._path = folder / "data" / key[:32]

    def read(self) -> Cached | None:
        try:
            checksum, content = self._path.read_bytes().split(b"\n", 1)
            if digests.of_bytes(content).encode("ascii") != checksum:
                return None
            head, lines = content.split(b"\n", 1)
            document = json.loads(head)
            return Cached(Summary(**document), lines) if document["format"] == FORMAT else None
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def write(self, summary: Summary, files: list[tuple[str, Found]]) -> None:
        lines = "".join(json.dumps([digest, *file]) + "\n" for digest, file in files)
        self._write(summary, lines.encode("ascii"))

    def rewrite(self, summary: Summary, cached: Cached) -> None:
        """Replace the summary alone."""
        self._write(summary, cached.lines)

    def _write(self, summary: Summary, lines: bytes) -> None:
        content = json.dumps(asdict(summary)).encode("ascii") + b"\n" + lines
        try:
            os.makedirs(self._path.parent, exist_ok=True)
            checksum = digests.of_bytes(content).encode("ascii")
            atomic.write(self._path, checksum + b"\n" + content, durable=False)
        except (OSError, StorageFull, StorageReadOnly):
            return  # without it the next look takes longer, and that is all
