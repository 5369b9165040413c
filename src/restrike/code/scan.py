"""Reading the files of a snapshot: each once, whole, and not at all where it cannot have changed."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from restrike.base import digest
from restrike.code.errors import CodeUnreadable, SnapshotTooLarge
from restrike.code.objects import FILE, LINK, PROGRAM
from restrike.code.snapshot import MEGABYTE, LeftOut, Limits

ROUNDS = 4
# A file may change again within one tick of its file system's clock, with nothing to show for it. What was read less
# than this after its last change is therefore read again next time (FAT counts in 2 s, the coarsest there is).
RACY_NS = 2_000_000_000

Signature = tuple[int, int, int, int, int]  # mode, size, mtime, ctime, inode


class Entry(NamedTuple):
    """A file as it was read. `read_at` is the clock, in ns, before its first byte was read."""

    mode: str
    size: int
    blob: str
    sha256: str
    signature: Signature
    read_at: int

    def stands_for(self, status: os.stat_result) -> bool:
        """Tell whether a file with this status must still have the content that was read."""
        settled = self.read_at - max(self.signature[2], self.signature[3]) > RACY_NS
        return settled and self.signature == signature(status)


@dataclass
class Scan:
    """The files as read; `left_out` for their size or restlessness; `read` tells whether any had to be read."""

    entries: dict[str, Entry] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    read: bool = False


def signature(status: os.stat_result) -> Signature:
    return (status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def scan(
    project: Path,
    status: Mapping[str, os.stat_result],
    *,
    known: Mapping[str, Entry],
    limits: Limits,
    unlimited: Callable[[str], bool],
    keep: Callable[[bytes], str],
) -> Scan:
    """Read the files that `status` names, as far as `known` does not tell what is in them.

    `keep` is given the bytes of each and returns its blob's id. Whatever moved while the others were read is read
    again, so that the entries are what lay there at one moment wherever that is possible.
    """
    result = Scan()
    current = _within_limits(status, limits, unlimited, result)
    _check_total(current, limits)
    result.entries = {path: known[path] for path in current if path in known}
    moving: set[str] = set()
    for _ in range(ROUNDS):
        stale = [
            path for path in current if path not in result.entries or not result.entries[path].stands_for(current[path])
        ]
        moving = {path for path in stale if _read_into(result, project, path, keep)}
        if not moving:
            break
        current = _look_again(project, current)
    for path in sorted(moving & current.keys()):
        result.left_out.append(LeftOut(path, "kept changing", current[path].st_size))
        del current[path]
    result.entries = {path: result.entries[path] for path in sorted(current) if path in result.entries}
    return result


def folders_of(paths: Collection[str]) -> list[str]:
    """Return the folders that hold files, the project's own ("") among them."""
    return sorted({""} | {path.rpartition("/")[0] for path in paths})


def real_folders(project: Path, folders: Collection[str]) -> set[str]:
    """Return those folders that are reached without passing a link: git stores a link, never what lies behind it."""
    real = {""}
    for folder in sorted(folders):
        known = ""
        for part in folder.split("/"):
            path = f"{known}/{part}" if known else part
            if path not in real and not _is_folder(project / path):
                break
            real.add(path)
            known = path
    return real


def _within_limits(
    status: Mapping[str, os.stat_result], limits: Limits, unlimited: Callable[[str], bool], result: Scan
) -> dict[str, os.stat_result]:
    current = {}
    for path, found in status.items():
        if stat.S_ISREG(found.st_mode) and found.st_size > limits.max_file and not unlimited(path):
            result.left_out.append(LeftOut(path, "large", found.st_size))
        elif stat.S_ISREG(found.st_mode) or stat.S_ISLNK(found.st_mode):
            current[path] = found
    return current


def _check_total(status: Mapping[str, os.stat_result], limits: Limits) -> None:
    total = sum(found.st_size for found in status.values())
    if total <= limits.max_total:
        return
    sizes: dict[str, int] = {}
    for path, found in status.items():
        top = path.split("/", 1)[0] + ("/" if "/" in path else "")
        sizes[top] = sizes.get(top, 0) + found.st_size
    largest = sorted(sizes.items(), key=lambda item: -item[1])[:5]
    raise SnapshotTooLarge(
        f"the project's code is {total / MEGABYTE:,.0f} MB, more than 'snapshot.max_total_mb' allows "
        f"({limits.max_total / MEGABYTE:,.0f} MB)",
        details=tuple(f"{size / MEGABYTE:8,.1f} MB  {path}" for path, size in largest),
        hint=f"echo '/{largest[0][0]}' >> .restrikeignore   (or declare it under 'data:' in restrike.yaml)",
    )


def _read_into(result: Scan, project: Path, path: str, keep: Callable[[bytes], str]) -> bool:
    """Read a file; tell whether what is there now was not known before."""
    before = result.entries.pop(path, None)
    entry = _read(f"{project}/{path}", keep)
    result.read = True
    if entry is None:
        return True
    result.entries[path] = entry
    return before is None or before[:4] != entry[:4]


def _read(path: str, keep: Callable[[bytes], str]) -> Entry | None:
    """Read one file; None if it is gone or became something else on the way."""
    read_at = time.time_ns()
    try:
        status, data = _content(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            return None
        raise CodeUnreadable(
            f"cannot read '{path}': {os.strerror(error.errno or 0)}",
            hint="make the file readable, or name it in .restrikeignore",
        ) from error
    if status is None:
        return None
    return Entry(_mode(status), len(data), keep(data), digest.of_bytes(data), signature(status), read_at)


def _content(path: str) -> tuple[os.stat_result | None, bytes]:
    if stat.S_ISLNK(os.lstat(path).st_mode):
        data = os.fsencode(os.readlink(path))
        return os.lstat(path), data
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb", buffering=0) as stream:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return None, b""
        # A change after this fstat shows in the next look: the signature is the one from before the first byte.
        return status, stream.readall()


def _mode(status: os.stat_result) -> str:
    if stat.S_ISLNK(status.st_mode):
        return LINK
    return PROGRAM if status.st_mode & stat.S_IXUSR else FILE


def _look_again(project: Path, current: Mapping[str, os.stat_result]) -> dict[str, os.stat_result]:
    looked = {}
    for path in current:
        try:
            looked[path] = os.lstat(f"{project}/{path}")
        except OSError:  # gone since
            continue
    return looked


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False
