"""Unfinished files: one folder a process under `tmp/`, swept by others once that process is dead.

Life is told by a lock on a file beside the folder (`NAME.lock` beside `NAME/`), not by a process number: numbers are
used again and mean nothing in another container.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import stat
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

from restrike.base import atomic

ORPHAN_AGE_S = 3600  # a folder without its lock file belongs to nobody once it is this old


class Scratch:
    """This process's own folder under `tmp/`, made when first asked for and removed at the end."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._guard = threading.Lock()
        self._own: Path | None = None
        self._owner = 0
        self._count = 0

    def name(self) -> Path:
        """Return a path, unused so far, on the store's own file system."""
        with self._guard:
            if self._own is None or self._owner != os.getpid():
                self._own = self._open()
                self._owner = os.getpid()
            self._count += 1
            return self._own / f"{self._count:06d}"

    @contextlib.contextmanager
    def temporary(self) -> Iterator[Path]:
        """Give a new empty folder and remove it, with all that is in it, afterwards."""
        folder = self.name()
        with atomic.told_plainly(folder):
            folder.mkdir()
        try:
            with atomic.told_if_full(folder):
                yield folder
        finally:
            remove(folder)

    def sweep(self) -> None:
        """Remove what processes that have ended left behind."""
        for entry in _listed(self._folder):
            path = Path(entry.path)
            if entry.name.endswith(".lock"):
                _sweep_if_dead(path)
            elif not path.with_name(entry.name + ".lock").exists() and _age_s(path) > ORPHAN_AGE_S:
                remove(path)

    def _open(self) -> Path:
        with atomic.told_plainly(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            self.sweep()
            while True:
                own = self._folder / secrets.token_hex(8)
                lock = own.with_name(own.name + ".lock")
                descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                if _still_named(descriptor, lock):
                    break
                os.close(descriptor)  # a sweeper took it between its creation and the lock
            own.mkdir()
        weakref.finalize(self, _close, own, lock, descriptor, os.getpid())
        return own


def sibling(target: Path) -> Path:
    """Return an unused, hidden path beside a target outside the store, to be renamed to it."""
    return target.with_name(f".{target.name[:80]}.{secrets.token_hex(6)}.tmp")


def remove(path: Path) -> None:
    """Remove a file or a folder, read-only folders in it included; what has gone already is no error."""
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
        return
    shutil.rmtree(path, ignore_errors=True)
    if path.exists():  # only then is a folder in it read-only
        for folder, _, _ in os.walk(path):
            with contextlib.suppress(OSError):
                os.chmod(folder, stat.S_IRWXU)
        shutil.rmtree(path, ignore_errors=True)


def _close(own: Path, lock: Path, descriptor: int, owner: int) -> None:
    if os.getpid() != owner:  # a forked child must not remove its parent's folder
        return
    remove(own)
    lock.unlink(missing_ok=True)
    os.close(descriptor)


def _sweep_if_dead(lock: Path) -> None:
    try:
        descriptor = os.open(lock, os.O_RDWR)
    except OSError:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _still_named(descriptor, lock):
            remove(lock.with_name(lock.name.removesuffix(".lock")))
            lock.unlink(missing_ok=True)
    except BlockingIOError:
        pass  # its owner lives
    finally:
        os.close(descriptor)


def _still_named(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _listed(folder: Path) -> list[os.DirEntry[str]]:
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
        return list(entries)
    return []


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.lstat().st_mtime
    except FileNotFoundError:
        return 0.0
