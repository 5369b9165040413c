"""Remembers which objects were hashed and found sound, so that an unchanged large file is hashed once.

An entry holds as long as size, mtime, ctime and inode are what they were. As in git's racy index rule, an entry counts
only if the file had been at rest for a while when its hashing began: a change within one tick of the file system's
clock leaves the same times. The file is a cache: absent, locked or damaged, it costs hashing and nothing else.
"""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

AT_REST_NS = 20_000_000  # two ticks of the coarsest kernel clock (100 Hz)
_COLUMNS = "digest TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER, inode INTEGER, hashed_ns INTEGER"


def settled(status: os.stat_result, hashed_ns: int) -> bool:
    """Tell whether a file was at rest when its hashing began, so that any later change shows in its status."""
    return max(status.st_mtime_ns, status.st_ctime_ns) < hashed_ns - AT_REST_NS


class Verified:
    """Which objects are known to be sound, by their status when they were hashed."""

    def __init__(self, path: Path):
        self._path = path
        self._guard = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._owner = 0
        self._usable = True

    def holds(self, digest: str, status: os.stat_result) -> bool:
        """Tell whether the object was hashed and has not been touched since."""
        rows = self._run("SELECT size, mtime_ns, ctime_ns, inode, hashed_ns FROM verified WHERE digest = ?", (digest,))
        if not rows:
            return False
        size, mtime_ns, ctime_ns, inode, hashed_ns = rows[0]
        seen = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
        return seen == (size, mtime_ns, ctime_ns, inode) and settled(status, hashed_ns)

    def remember(self, digest: str, status: os.stat_result, hashed_ns: int) -> None:
        """Note that the object was found sound. `hashed_ns` is the wall clock when hashing began."""
        if settled(status, hashed_ns):
            values = (digest, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, hashed_ns)
            self._run("INSERT OR REPLACE INTO verified VALUES (?, ?, ?, ?, ?, ?)", values)

    def _run(self, statement: str, values: tuple[object, ...]) -> list[tuple[int, ...]]:
        import sqlite3

        with self._guard:
            if not self._usable:
                return []
            try:
                return self._open().execute(statement, values).fetchall()
            except sqlite3.OperationalError:
                return []  # locked for too long, read-only or full
            except sqlite3.DatabaseError:
                self._discard()
                return []

    def _open(self) -> sqlite3.Connection:
        import sqlite3

        if self._connection is None or self._owner != os.getpid():
            with contextlib.suppress(OSError):
                self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self._path, timeout=2, isolation_level=None, check_same_thread=False)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"CREATE TABLE IF NOT EXISTS verified ({_COLUMNS}) WITHOUT ROWID")
            weakref.finalize(self, connection.close)
            self._connection, self._owner = connection, os.getpid()
        return self._connection

    def _discard(self) -> None:
        """Remove a damaged file; this process goes on without, the next one starts afresh."""
        self._usable = False
        if self._connection is not None:
            self._connection.close()
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                os.unlink(f"{self._path}{suffix}")
