"""Putting objects in: temporary file, bytes on disk, name, name on disk; one after another or many at once."""

from __future__ import annotations

import contextlib
import math
import os
import stat
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from restrike.base import atomic
from restrike.base import digest as digests
from restrike.store import durable
from restrike.store.errors import FileChanged, Unstorable
from restrike.store.objects import SMALL, Objects, copy_hashed
from restrike.store.scratch import Scratch
from restrike.store.verified import AT_REST_NS

LARGE = 4 << 20  # from here on it pays to wait out one clock tick rather than to hash again at the first use
FRESH_S = 600  # an object put again is dated anew once it is this old, so that `sweep` spares it
ATTEMPTS = 3


@dataclass
class Batch:
    """Objects that wait, complete but unnamed, for the sync that they share."""

    pending: dict[str, Path] = field(default_factory=dict)
    depth: int = 1


class Intake:
    """The only way into `objects/`."""

    def __init__(self, objects: Objects, scratch: Scratch):
        self._objects = objects
        self._scratch = scratch
        self._local = threading.local()

    @contextlib.contextmanager
    def batch(self) -> Iterator[None]:
        """Let this thread's puts share one sync; they are in the store when the outermost block ends well."""
        if (batch := self._batch) is not None:
            batch.depth += 1
            try:
                yield
            finally:
                batch.depth -= 1
            return
        batch = self._local.batch = Batch()
        try:
            yield
            self.flush()
        finally:
            self._local.batch = None
            for path in batch.pending.values():
                path.unlink(missing_ok=True)

    def flush(self) -> None:
        """Name what this thread's batch holds so far."""
        if (batch := self._batch) is not None and batch.pending:
            self._admit(batch.pending)
            batch.pending.clear()

    def pending(self, digest: str) -> Path | None:
        """Return the file of an object that waits in this thread's batch."""
        return None if (batch := self._batch) is None else batch.pending.get(digest)

    def put_bytes(self, data: bytes) -> str:
        digest = digests.of_bytes(data)
        if self._already(digest, len(data)):
            return digest
        temporary = self._scratch.name()
        with atomic.told_plainly(temporary), _removed_on_error(temporary):
            atomic.write_point()
            with open(temporary, "xb", buffering=0, opener=_read_only_file) as stream:
                view = memoryview(data)
                while view:
                    view = view[stream.write(view) :]
            self._keep(digest, len(data), temporary)
        return digest

    def put_stream(self, stream: BinaryIO) -> tuple[str, int]:
        with self._copied(stream) as (digest, size, temporary):
            self._keep(digest, size, temporary)
        return digest, size

    def put_file(self, path: Path, *, move: bool) -> tuple[str, int]:
        for _ in range(ATTEMPTS):
            with open(path, "rb", buffering=0, opener=_without_waiting) as file:
                source: BinaryIO = file
                before = os.fstat(source.fileno())
                if not stat.S_ISREG(before.st_mode):
                    raise Unstorable(f"'{path}' is not a regular file")
                stored = self._take(path, source, before) if move and self._can_take(path, before) else None
                stored = stored or self._copy(path, source, before)
                if stored is not None:
                    break
        else:
            raise FileChanged(
                f"'{path}' is being written to", hint="wait until it is complete, then repeat the command"
            )
        if move:
            self.flush()
            path.unlink(missing_ok=True)
        return stored

    def _copy(self, path: Path, source: BinaryIO, before: os.stat_result) -> tuple[str, int] | None:
        """Store a copy; return None if the file changed while it was read."""
        source.seek(0)
        if before.st_size <= SMALL:
            data = source.read(before.st_size + 1)
            if len(data) != before.st_size or not unchanged(before, os.stat(path)):
                return None
            return self.put_bytes(data), before.st_size
        with self._copied(source, before.st_size) as (digest, size, temporary):
            if size != before.st_size or not unchanged(before, os.stat(path)):
                temporary.unlink()
                return None
            self._keep(digest, size, temporary)
        return digest, size

    @contextlib.contextmanager
    def _copied(self, stream: BinaryIO, limit: float = math.inf) -> Iterator[tuple[str, int, Path]]:
        temporary = self._scratch.name()
        with atomic.told_plainly(temporary), _removed_on_error(temporary):
            atomic.write_point()
            with open(temporary, "xb", buffering=0, opener=_read_only_file) as copy:
                digest, size = copy_hashed(stream, copy, limit)
            yield digest, size, temporary

    def _can_take(self, path: Path, status: os.stat_result) -> bool:
        """Tell whether renaming leaves no second name under which the object could be written to."""
        named = os.lstat(path)
        same_device = status.st_dev == os.stat(self._objects.folder).st_dev
        return os.path.samestat(named, status) and status.st_nlink == 1 and same_device

    def _take(self, path: Path, source: BinaryIO, before: os.stat_result) -> tuple[str, int] | None:
        """Rename the file into the store once it is hashed; return None if it changed meanwhile."""
        digest, size = digests.of_stream(source)
        if size != before.st_size or not unchanged(before, os.fstat(source.fileno())):
            return None
        temporary = self._scratch.name()
        with atomic.told_plainly(path):
            os.fchmod(source.fileno(), 0o444)
            os.rename(path, temporary)
            self._keep(digest, size, temporary)
        return digest, size

    @property
    def _batch(self) -> Batch | None:
        batch: Batch | None = getattr(self._local, "batch", None)
        return batch

    def _already(self, digest: str, size: int) -> bool:
        """Tell whether the object is there and sound; a damaged one is about to be replaced."""
        if self.pending(digest) is not None:
            return True
        status = self._objects.status(digest)
        if status is None or status.st_size != size or not self._objects.is_sound(digest):
            return False
        if time.time() - status.st_mtime > FRESH_S:
            self._date_anew(digest, status)
        return True

    def _date_anew(self, digest: str, status: os.stat_result) -> None:
        known = status.st_size > SMALL and self._objects.verified.holds(digest, status)
        path = self._objects.locate(digest)
        with contextlib.suppress(OSError):  # gone, or a store that may only be read
            os.utime(path)
            if known:
                self._remember_new([digest])

    def _keep(self, digest: str, size: int, temporary: Path) -> None:
        """Let a complete file become the object, unless the object is there already."""
        if self._already(digest, size):
            temporary.unlink()
        elif (batch := self._batch) is not None:
            batch.pending[digest] = temporary
        else:
            self._admit({digest: temporary})

    def _admit(self, waiting: dict[str, Path]) -> None:
        """Give complete files their names, each only after its bytes are on the disk."""
        objects = self._objects
        with atomic.told_plainly(objects.folder):
            atomic.write_point()
            durable.sync_files(waiting.values(), objects.folder)
            atomic.write_point()
            touched: set[Path] = set()
            for digest, temporary in waiting.items():
                target = objects.locate(digest)
                if not target.parent.is_dir():
                    target.parent.mkdir(exist_ok=True)
                    touched.add(objects.folder)
                os.replace(temporary, target)
                touched.add(target.parent)
                atomic.write_point()
            durable.sync_folders(touched, objects.folder)
            atomic.write_point()
        self._remember_new(waiting)

    def _remember_new(self, written: Iterable[str]) -> None:
        """Note as sound what was written just now and is large, once its times lie in the past."""
        found = {digest: self._objects.status(digest) for digest in written}
        large = {digest: status for digest, status in found.items() if status is not None and status.st_size >= LARGE}
        if large:
            time.sleep(2 * AT_REST_NS / 1e9)
        for digest, status in large.items():
            self._objects.verified.remember(digest, status, time.time_ns())


def unchanged(before: os.stat_result, after: os.stat_result) -> bool:
    """Tell whether a file is the same one with the same bytes, as far as its status shows."""
    return _status(before) == _status(after)


def _status(found: os.stat_result) -> tuple[int, ...]:
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _read_only_file(path: str, flags: int) -> int:
    return os.open(path, flags, 0o444)


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # a named pipe would wait for its other end


@contextlib.contextmanager
def _removed_on_error(path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise
