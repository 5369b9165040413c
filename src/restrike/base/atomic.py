"""Files that are there in full or not at all, whatever happens while they are written.

Order of a durable write: temporary file beside the target, data, fsync, rename, fsync of the folder. The `write_point`
calls let tests end the process (kill -9) between any two of these.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from restrike.base.errors import StorageFull, StorageReadOnly

KILL_AT = "RESTRIKE_TEST_KILL_AT"  # tests set this to N: the process kills itself at its Nth write point
_points = 0


def write(path: Path, data: bytes, *, durable: bool = True, mode: int = 0o644) -> None:
    """Replace a file's content in one step."""
    with open_new(path, durable=durable, mode=mode) as stream:
        stream.write(data)


@contextlib.contextmanager
def open_new(path: Path, *, durable: bool = True, mode: int = 0o644) -> Iterator[BinaryIO]:
    """Open a file that takes its name, replacing what had it, only once the block has ended without an error."""
    temporary = path.with_name(f".{path.name[:80]}.{secrets.token_hex(6)}.tmp")
    with told_plainly(path):
        write_point()
        with contextlib.ExitStack() as cleanup:
            cleanup.callback(_remove_quietly, temporary)
            with open(temporary, "xb") as stream:
                yield stream
                stream.flush()
                os.fchmod(stream.fileno(), mode)
                write_point()
                if durable:
                    os.fsync(stream.fileno())
            os.replace(temporary, path)
            cleanup.pop_all()
        write_point()
        if durable:
            sync_folder(path.parent)


def copy_hashed(source: BinaryIO, target: BinaryIO, block: int = 1 << 20) -> tuple[str, int]:
    """Copy a stream and return the SHA-256 and length of what was copied, in one pass."""
    hasher, size = hashlib.sha256(), 0
    while data := source.read(block):
        hasher.update(data)
        target.write(data)
        size += len(data)
    return hasher.hexdigest(), size


def sync_folder(folder: Path) -> None:
    """Make names that were created or replaced in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def told_plainly(path: Path) -> Iterator[None]:
    """Turn a full disk and a folder that cannot be written to into errors for people."""
    try:
        with told_if_full(path):
            yield
    except OSError as error:
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise StorageReadOnly(f"cannot write '{path}': {os.strerror(error.errno)}", where=str(path)) from error
        raise


@contextlib.contextmanager
def told_if_full(path: Path) -> Iterator[None]:
    """Turn a full disk, and nothing else, into an error for people."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise full(path) from error
        raise


def full(path: Path) -> StorageFull:
    """Return the error for a disk that has no room for a path."""
    return StorageFull(
        f"no space left to write '{path}'; nothing recorded before is lost",
        hint="free some space (restrike store gc), then repeat the command",
    )


def write_point() -> None:
    """Mark a place where a crash must leave nothing half done."""
    global _points
    if limit := os.environ.get(KILL_AT):
        _points += 1
        if _points == int(limit):
            os.kill(os.getpid(), signal.SIGKILL)


def _remove_quietly(path: Path) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)
