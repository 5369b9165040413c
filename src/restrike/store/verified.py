"""Remembers which objects were hashed and found sound, so that an unchanged large file is hashed once.

An entry holds as long as size, mtime, ctime and inode are what they were. As in git's racy index rule, an entry counts
only if the file had been at rest for a while when its hashing began: a change within one tick of the file system's
clock leaves the same times. Each entry is a file of its own, replaced as a whole: absent or damaged, it costs hashing
and nothing else, and any number of processes may write it.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from restrike.base import atomic
from restrike.base.errors import StorageFull, StorageReadOnly

AT_REST_NS = 20_000_000  # two ticks of the coarsest kernel clock (100 Hz)


def settled(status: os.stat_result, hashed_ns: int) -> bool:
    """Tell whether a file was at rest when its hashing began, so that any later change shows in its status."""
    return max(status.st_mtime_ns, status.st_ctime_ns) < hashed_ns - AT_REST_NS


class Verified:
    """Which objects are known to be sound, by their status when they were hashed."""

    def __init__(self, folder: Path):
        self._folder = folder

    def holds(self, digest: str, status: os.stat_result) -> bool:
        """Tell whether the object was hashed and has not been touched since."""
        try:
            entry = json.loads(self._locate(digest).read_bytes())
        except (OSError, ValueError):
            return False
        return isinstance(entry, list) and entry == _entry(status)

    def remember(self, digest: str, status: os.stat_result, hashed_ns: int) -> None:
        """Note that the object was found sound. `hashed_ns` is the wall clock when hashing began."""
        if not settled(status, hashed_ns):
            return
        path = self._locate(digest)
        with contextlib.suppress(OSError, StorageFull, StorageReadOnly):
            path.parent.mkdir(parents=True, exist_ok=True)
            atomic.write(path, json.dumps(_entry(status)).encode("ascii"), durable=False)

    def _locate(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest


def _entry(status: os.stat_result) -> list[int]:
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
