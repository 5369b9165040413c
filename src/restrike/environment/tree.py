"""Folders as they lie on the disk: which files, and what the file system says about each without opening it.

Compiled bytecode is left out everywhere: Python writes it when it likes.
"""

from __future__ import annotations

import hashlib
import os
import time
from array import array
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

Stat = tuple[int, int, int, int]  # size, mtime_ns, ctime_ns, inode
Tree = dict[str, Stat]  # by path relative to the folder, with slashes

# A file written twice within one tick of the file system's clock looks unchanged the second time. So what was seen less
# than this after its last change is not believed again. Kernels tick every 1-10 ms; some file systems in whole seconds.
TICK_NS = 100_000_000
COARSE_TICK_NS = 2_000_000_000


def installed(root: Path) -> Tree:
    """Return all files below a site-packages folder."""
    return _walk(root, _bytecode)


def sources(root: Path) -> Tree:
    """Return the files below a folder of sources that can matter to whoever imports from it."""
    return _walk(root, _no_source)


def stat_of(path: str | os.PathLike[str]) -> Stat | None:
    """Return what the file system says about a file, None if it is not there."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def state(trees: Iterable[Mapping[str, Stat | None]]) -> str:
    """Return a digest that changes when any file is added, removed, replaced or written to."""
    hasher = hashlib.sha256()
    for tree in trees:
        paths = sorted(tree)
        numbers = array("Q")
        for path in paths:
            numbers.extend(value & 0xFFFFFFFFFFFFFFFF for value in tree[path] or (0, 0, 0, 0))
        hasher.update(f"{len(paths)}\n".encode())
        hasher.update("\0".join(paths).encode("utf-8", "surrogateescape"))
        hasher.update(numbers.tobytes())
    return hasher.hexdigest()


def settled(stat: Stat, now_ns: int) -> bool:
    """Tell whether a later change of a file is sure to show in its stat."""
    tick = TICK_NS if stat[2] % 1_000_000_000 else COARSE_TICK_NS
    return stat[2] < now_ns - tick


def now() -> int:
    return time.time_ns()


def _bytecode(entry: os.DirEntry[str]) -> bool:
    return entry.name == "__pycache__" or entry.name.endswith(".pyc")


def _no_source(entry: os.DirEntry[str]) -> bool:
    if _bytecode(entry) or entry.name.startswith(".") or entry.name.endswith(".egg-info"):
        return True
    return entry.is_dir() and os.path.exists(os.path.join(entry.path, "pyvenv.cfg"))


def _walk(root: Path, left_out: Callable[[os.DirEntry[str]], bool]) -> Tree:
    tree: Tree = {}
    pending = [("", os.fspath(root))]
    linked: set[str] = set()  # folders reached through links, so that a circle of them ends
    while pending:
        below, folder = pending.pop()
        try:
            entries = os.scandir(folder)
        except OSError:
            continue  # gone or not readable: then no import finds it either
        with entries:
            for entry in entries:
                if left_out(entry):
                    continue
                if not entry.is_dir():
                    _note(tree, below, entry)
                elif not entry.is_symlink() or _first_visit(entry, linked):
                    pending.append((f"{below}{entry.name}/", entry.path))
    return tree


def _note(tree: Tree, below: str, entry: os.DirEntry[str]) -> None:
    try:
        found = entry.stat()
    except OSError:
        return  # a link that leads nowhere
    tree[below + entry.name] = (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def _first_visit(entry: os.DirEntry[str], linked: set[str]) -> bool:
    real = os.path.realpath(entry.path)
    if real in linked:
        return False
    linked.add(real)
    return True
