"""Digests of files, each computed once for as long as the file's stat stays the same.

The cache is one JSON file: {"format": "restrike.file-digests/1", "files": {path: [size, mtime_ns, ctime_ns, inode,
SHA-256]}}. It may be deleted at any time.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from restrike.base import atomic, digest
from restrike.environment import tree
from restrike.environment.errors import EnvironmentUnreadable

FORMAT = "restrike.file-digests/1"


class FileDigests:
    """SHA-256 digests of files; `save` keeps those that were asked for."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._known = _read(cache)
        self._asked: dict[str, list[Any]] = {}
        self._started = tree.now()
        self.settled = True  # whether everything asked for can be believed again by stat alone

    def of(self, path: str, stat: tree.Stat) -> str:
        """Return the digest of a file whose stat was taken after this object was made."""
        known = self._known.get(path)
        if known is None or tuple(known[:4]) != stat:
            known = [*stat, _read_through(path)]
        if tree.settled(stat, self._started):
            self._asked[path] = known
        else:
            self.settled = False
        return str(known[4])

    def save(self) -> None:
        if self._asked != self._known:
            document = {"format": FORMAT, "files": self._asked}
            atomic.write(self._cache, json.dumps(document, separators=(",", ":")).encode(), durable=False)
            self._known = self._asked


def _read_through(path: str) -> str:
    try:
        return digest.of_file(path)[0]
    except OSError as error:
        raise EnvironmentUnreadable(
            f"cannot read '{path}', which is installed: {os.strerror(error.errno or 0)}",
            hint="repeat the command once nothing is being installed",
        ) from error


def _read(cache: Path) -> dict[str, list[Any]]:
    try:
        document = json.loads(cache.read_bytes())
        if document["format"] == FORMAT:
            files: dict[str, list[Any]] = document["files"]
            return files
    except (OSError, ValueError, KeyError, TypeError):
        pass  # a cache that cannot be read is an empty one
    return {}
