"""A snapshot as a tree to ask questions of, without restoring it: what is where, and has it changed.

Digests come from the last capture where that knows a file's object, and the whole is held against the snapshot's
fingerprint: what is proved rests on SHA-256 alone.
"""

from __future__ import annotations

import posixpath
import threading
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from restrike.base import digest
from restrike.code.errors import SnapshotCorrupt
from restrike.code.objects import LINK, Found, ObjectReader
from restrike.code.restoring import Row, damaged, read_contents
from restrike.code.snapshot import fingerprint

MOST_LINKS = 40  # followed for one name, as in the kernel
ABSENT = "absent"


class Leaf(NamedTuple):
    """A file or link of a snapshot."""

    mode: str
    blob: str
    sha256: str


class SnapshotTree:
    """The files of one snapshot. Safe to use from several threads; `close` it in the end."""

    def __init__(self, git_dir: Path, commit: str, leaves: Mapping[str, Leaf], links: Mapping[str, str]):
        self.commit = commit
        self.leaves = dict(leaves)
        self._git_dir = git_dir
        self._links = dict(links)
        self._reader: ObjectReader | None = None
        self._lock = threading.Lock()

    @cached_property
    def folders(self) -> frozenset[str]:
        """All folders, the root as `.`."""
        found = {"."}
        for path in self.leaves:
            while (path := posixpath.dirname(path)) and path not in found:
                found.add(path)
        return frozenset(found)

    @cached_property
    def files(self) -> dict[str, str]:
        """Every path of a regular file with the SHA-256 of its bytes, those that lead through links among them."""
        found = {path: leaf.sha256 for path, leaf in self.leaves.items() if leaf.mode != LINK}
        known = -1
        while len(found) != known:  # a folder behind a link may hold links
            known = len(found)
            for path in self._links:
                found.update(self._behind(path, found))
        return found

    def _behind(self, link: str, found: Mapping[str, str]) -> dict[str, str]:
        """Return the files that a link leads to, by their paths through it; none through a link to where it lies."""
        real = self.real(link)
        if real is None or real == "." or f"{link}/".startswith(f"{real}/"):
            return {}
        if real in found:
            return {link: found[real]}
        below = f"{real}/"
        return {
            link + path[len(real) :]: sha256
            for path, sha256 in found.items()
            if path.startswith(below) and path.count("/") < MOST_LINKS
        }

    @cached_property
    def names(self) -> dict[str, tuple[str, ...]]:
        """The sorted names in each folder: those of folders end in a slash, those of links in an @."""
        found: dict[str, set[str]] = {folder: set() for folder in self.folders}
        for folder in self.folders - {"."}:
            found[posixpath.dirname(folder) or "."].add(posixpath.basename(folder) + "/")
        for path, leaf in self.leaves.items():
            mark = "@" if leaf.mode == LINK else ""
            found[posixpath.dirname(path) or "."].add(posixpath.basename(path) + mark)
        return {folder: tuple(sorted(names)) for folder, names in found.items()}

    def real(self, path: str) -> str | None:
        """Return where a path leads through the tree's links; None where it leads out of the tree or in a circle."""
        pending, done, followed = [part for part in path.split("/") if part != "."], "", 0
        while pending:
            part = pending.pop(0)
            if part == "..":
                if not done:
                    return None
                done = posixpath.dirname(done)
                continue
            done = f"{done}/{part}" if done else part
            if done in self._links:
                followed += 1
                target = self._links[done]
                if followed > MOST_LINKS or target.startswith("/"):
                    return None
                pending = [piece for piece in target.split("/") if piece not in ("", ".")] + pending
                done = posixpath.dirname(done)
        return done or "."

    def state(self, path: str) -> str:
        """Return what there is at a path, links followed: equal texts are equal files, folders or absences."""
        links = "".join(f"{link}->{target};" for link, target in self._links_on(path))
        real = self.real(path)
        if real is None:
            return f"{links}outside"
        if real in self.leaves:
            leaf = self.leaves[real]
            return f"{links}{leaf.mode} {leaf.sha256}"
        return f"{links}folder" if real in self.folders else f"{links}{ABSENT}"

    def listing(self, folder: str) -> tuple[str, ...] | None:
        """Return the names in a folder, None where there is none."""
        real = self.real(folder)
        return self.names.get(real) if real is not None else None

    def read(self, path: str) -> bytes:
        """Return the bytes of one of `files`, verified."""
        real = self.real(path)
        leaf = self.leaves[real or path]
        with self._lock:
            if self._reader is None:
                self._reader = ObjectReader.inside(self._git_dir)
            answer = next(iter(list(self._reader.read([leaf.blob]))))
        if not isinstance(answer, Found) or digest.of_bytes(answer.data) != leaf.sha256:
            raise damaged(self.commit, f"blob {leaf.blob}, the content of '{path}'")
        return answer.data

    def close(self) -> None:
        with self._lock:
            if self._reader is not None:
                self._reader.__exit__(None, None, None)
                self._reader = None

    def _links_on(self, path: str) -> Iterator[tuple[str, str]]:
        if not self._links:
            return
        parts = path.split("/")
        for count in range(1, len(parts) + 1):
            prefix = "/".join(parts[:count])
            if prefix in self._links:
                yield prefix, self._links[prefix]


def read_tree(git_dir: Path, commit: str, known: Mapping[str, str]) -> SnapshotTree:
    """Return a snapshot's tree; `known` maps git ids of file contents to their SHA-256, where that is known already.

    Raise SnapshotMissing or SnapshotCorrupt.
    """
    with ObjectReader.inside(git_dir) as reader:
        contents = read_contents(reader, commit)
        digests = {row.blob: known[row.blob] for row in contents.rows if row.blob in known}
        unread = {row.blob for row in contents.rows if row.blob not in digests}
        links: dict[str, str] = {}
        for row, data in _bytes_of(reader, commit, [row for row in contents.rows if _is_read(row, unread)]):
            digests[row.blob] = digest.of_bytes(data)
            if row.mode == LINK:
                links[row.path] = data.decode("utf-8", "surrogateescape")
    leaves = {row.path: Leaf(row.mode, row.blob, digests[row.blob]) for row in contents.rows}
    found = fingerprint((path, leaf.mode, leaf.sha256) for path, leaf in leaves.items())
    if found != contents.fingerprint:
        raise SnapshotCorrupt(
            f"code snapshot '{commit[:12]}' is corrupt: its files do not have the fingerprint that was recorded",
            hint="restrike store check",
        )
    return SnapshotTree(git_dir, commit, leaves, links)


def _is_read(row: Row, unread: set[str]) -> bool:
    return row.mode == LINK or row.blob in unread


def _bytes_of(reader: ObjectReader, commit: str, rows: list[Row]) -> Iterator[tuple[Row, bytes]]:
    for row, answer in zip(rows, reader.read(row.blob for row in rows), strict=True):
        if not isinstance(answer, Found) or answer.kind != "blob":
            raise damaged(commit, f"blob {row.blob}, the content of '{row.path}'")
        yield row, answer.data
