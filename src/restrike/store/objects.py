"""Objects by digest, read back only as what was put in."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import math
import os
import re
import stat
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO

from restrike.base import atomic
from restrike.base import digest as digests
from restrike.store.errors import ObjectCorrupt, ObjectMissing
from restrike.store.scratch import sibling
from restrike.store.verified import Verified

DIGEST = re.compile(r"[0-9a-f]{64}")
SMALL = 128 << 10  # up to here hashing costs no more than asking the cache

MANY = 2000  # from here on listing the folders is quicker than asking for each object


class Objects:
    """The files under `objects/`: `ab/` and the whole digest for a name."""

    def __init__(self, folder: Path, verified: Verified):
        self.folder = folder
        self.verified = verified

    def locate(self, digest: str) -> Path:
        """Return where the object lies, or would. Raise ValueError for what is no digest."""
        if not DIGEST.fullmatch(digest):
            raise ValueError(f"{digest!r} is not a SHA-256 digest in lower-case hexadecimal")
        return self.folder / digest[:2] / digest

    def status(self, digest: str) -> os.stat_result | None:
        try:
            found = os.lstat(self.locate(digest))
        except (FileNotFoundError, NotADirectoryError):
            return None
        return found if stat.S_ISREG(found.st_mode) else None

    def absent(self, wanted: Collection[str]) -> set[str]:
        """Return those that are not there, going by names alone."""
        if len(wanted) < MANY:
            return {digest for digest in wanted if self.status(digest) is None}
        missing = set(wanted)
        for prefix in {digest[:2] for digest in wanted}:
            with contextlib.suppress(FileNotFoundError):
                missing.difference_update(os.listdir(self.folder / prefix))
        return missing

    def size_of(self, digest: str) -> int:
        found = self.status(digest)
        if found is None:
            raise ObjectMissing(digest)
        return found.st_size

    def get_bytes(self, digest: str) -> bytes:
        with self._opened(digest) as (path, source):
            data = source.read()
        if digests.of_bytes(data) != digest:
            raise _corrupt(digest, path, digests.of_bytes(data))
        return data

    def path_of(self, digest: str) -> Path:
        """Return the path of an object that is sound: hashed now, or hashed before and not touched since."""
        with self._opened(digest) as (path, source):
            status = os.fstat(source.fileno())
            if status.st_size <= SMALL or not self.verified.holds(digest, status):
                began = time.time_ns()
                found, size = digests.of_stream(source)
                if found != digest:
                    raise _corrupt(digest, path, found)
                if size > SMALL and _same(status, os.fstat(source.fileno())):
                    self.verified.remember(digest, status, began)
        return path

    def place(self, digest: str, target: Path, mode: int) -> None:
        """Write a copy, which takes its name only when it is whole and sound. Never a link: the copy is the user's."""
        with self._opened(digest) as (path, source), atomic.told_plainly(target):
            status = os.fstat(source.fileno())
            known = status.st_size > SMALL and self.verified.holds(digest, status)
            temporary = sibling(target)
            try:
                with open(temporary, "xb", buffering=0) as copy:
                    if not (known and _copied_by_kernel(source, copy, status.st_size)):
                        found, _ = copy_hashed(source, copy)
                        if found != digest:
                            raise _corrupt(digest, path, found)
                    os.fchmod(copy.fileno(), mode)
                os.replace(temporary, target)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise

    def is_sound(self, digest: str) -> bool:
        """Tell whether the object is there with the bytes it should have."""
        try:
            self.path_of(digest)
        except (ObjectMissing, ObjectCorrupt):
            return False
        return True

    def list(self) -> Iterator[os.DirEntry[str]]:
        """Give every file under `objects/` in order of name, whatever it is."""
        yield from _files(self.folder)

    @contextlib.contextmanager
    def _opened(self, digest: str) -> Iterator[tuple[Path, BinaryIO]]:
        path = self.locate(digest)
        try:
            source = open(path, "rb", buffering=0, opener=_without_links)  # noqa: SIM115 - closed below
        except (FileNotFoundError, NotADirectoryError):
            raise ObjectMissing(digest) from None
        except OSError as error:
            raise ObjectCorrupt(digest, path, f"it cannot be opened: {os.strerror(error.errno or 0)}") from error
        with source:
            try:
                if not stat.S_ISREG(os.fstat(source.fileno()).st_mode):
                    raise ObjectCorrupt(digest, path, "it is not a regular file")
                yield path, source
            except OSError as error:
                if error.errno == errno.EIO:
                    raise ObjectCorrupt(digest, path, "the disk reports an input/output error") from error
                raise


def copy_hashed(source: BinaryIO, target: BinaryIO, limit: float = math.inf) -> tuple[str, int]:
    """Copy what is left of a stream into an unbuffered file; return digest and length of what was copied.

    Stop once more than `limit` bytes have come: a file that grows as fast as it is read has no end.
    """
    hasher, size = hashlib.sha256(), 0
    buffer = memoryview(bytearray(BLOCK))
    while count := source.readinto(buffer):  # type: ignore[attr-defined]  # BinaryIO does not declare it; files have it
        hasher.update(buffer[:count])
        written = 0
        while written < count:
            written += target.write(buffer[written:count])
        size += count
        if size > limit:
            break
    return hasher.hexdigest(), size


BLOCK = 1 << 18  # measured: stays in the cache between read, hash and write


def _copied_by_kernel(source: BinaryIO, target: BinaryIO, size: int) -> bool:
    """Copy without reading (file systems that can share blocks do); return False where the kernel cannot."""
    if not hasattr(os, "copy_file_range"):
        return False
    done = 0
    while done < size:
        try:
            count = os.copy_file_range(source.fileno(), target.fileno(), size - done, done, done)
        except OSError:
            count = 0
        if count == 0:
            target.truncate(0)
            return False
        done += count
    return True


def _files(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    for entry in listed:
        if entry.is_dir(follow_symlinks=False):
            yield from _files(entry.path)
        else:
            yield entry


def _same(a: os.stat_result, b: os.stat_result) -> bool:
    return (a.st_size, a.st_mtime_ns, a.st_ctime_ns) == (b.st_size, b.st_mtime_ns, b.st_ctime_ns)


def _without_links(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _corrupt(digest: str, path: Path, found: str) -> ObjectCorrupt:
    return ObjectCorrupt(digest, path, f"its bytes hash to '{found[:12]}…'")
