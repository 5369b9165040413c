"""What a data path holds: its files with their status, found by one walk and without opening any."""

from __future__ import annotations

import difflib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from restrike.data.errors import DataMissing, DataUnusable
from restrike.store.errors import FileChanged
from restrike.store.trees import checked_name

Kind = Literal["file", "folder"]


class Found(NamedTuple):
    """A file's path relative to the data folder (empty for a single file), and what its status says."""

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


@dataclass(frozen=True)
class Source:
    """The files of one data path, in order of their relative paths."""

    declared: str
    root: Path
    kind: Kind
    files: list[Found]

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    def locate(self, file: Found) -> Path:
        return self.root / file.path if file.path else self.root

    def shown(self, file: Found) -> str:
        """Return the file's path as the user would write it."""
        return f"{self.declared.rstrip('/')}/{file.path}" if file.path else self.declared


def find(project: Path, declared: str) -> Source:
    """Look at what lies at a declared path. Raise DataMissing or DataUnusable."""
    root = Path(os.path.realpath(located(project, declared)))
    try:
        status = root.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise _missing(project, declared) from None
    if stat.S_ISREG(status.st_mode):
        return Source(declared, root, "file", [_found("", status)])
    if not stat.S_ISDIR(status.st_mode):
        raise DataUnusable(f"'{declared}' is neither a file nor a folder")
    try:
        files = sorted(_Walk(declared, os.fspath(root)).files())
    except FileNotFoundError as error:
        raise FileChanged(
            f"the data folder '{declared}' changes while it is read: '{error.filename}' is gone"
        ) from None
    except PermissionError as error:
        raise DataUnusable(f"'{error.filename}' cannot be read: permission denied") from None
    if not files:
        raise DataUnusable(f"the data folder '{declared}' holds no files")
    return Source(declared, root, "folder", files)


def located(project: Path, declared: str) -> Path:
    """Return where a declared path lies: relative to the project, absolute, or in the home of whoever asks (`~/`)."""
    return Path.home() / declared[2:] if declared.startswith("~/") else project / declared


class _Walk:
    """One walk through a data folder. Links are followed as long as they stay inside it."""

    def __init__(self, declared: str, root: str):
        self._declared = declared
        self._root = root
        self._found: list[Found] = []

    def files(self) -> list[Found]:
        waiting: list[tuple[str, str, tuple[str, ...]]] = [(self._root, "", (self._root,))]
        while waiting:
            folder, prefix, above = waiting.pop()
            with os.scandir(folder) as entries:
                for entry in entries:
                    name = prefix + checked_name(entry.name, folder)
                    path = self._target(entry, name, above) if entry.is_symlink() else entry.path
                    status = entry.stat()
                    if stat.S_ISDIR(status.st_mode):
                        waiting.append((path, name + "/", (*above, path)))
                    elif stat.S_ISREG(status.st_mode):
                        self._found.append(_found(name, status))
                    else:
                        raise DataUnusable(f"'{self._shown(name)}' is neither a file nor a folder")
        return self._found

    def _target(self, entry: os.DirEntry[str], name: str, above: tuple[str, ...]) -> str:
        target = os.path.realpath(entry.path)
        if target != self._root and not target.startswith(self._root + "/"):
            raise DataUnusable(
                f"the link '{self._shown(name)}' leads out of the data folder, to '{target}'",
                hint=f"copy what it points to into '{self._declared}', or declare it as data of its own",
            )
        if not os.path.exists(target):
            raise DataUnusable(f"the link '{self._shown(name)}' leads nowhere: '{os.readlink(entry.path)}'")
        if target in above:
            raise DataUnusable(f"the link '{self._shown(name)}' leads round in a circle")
        return target

    def _shown(self, name: str) -> str:
        return f"{self._declared.rstrip('/')}/{name}"


def _found(path: str, status: os.stat_result) -> Found:
    return Found(path, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def _missing(project: Path, declared: str) -> DataMissing:
    """Name what lies where the data should, nearest names first."""
    wanted = Path(declared.rstrip("/") or "/")
    folder = located(project, f"{wanted.parent}/")
    if not folder.is_dir():
        return DataMissing(f"data '{declared}' does not exist: there is no folder '{wanted.parent}'")
    names = sorted(entry.name + ("/" if entry.is_dir() else "") for entry in folder.iterdir())
    close = difflib.get_close_matches(wanted.name, names, n=3, cutoff=0.5)
    near = [str(wanted.parent / name) + ("/" if name.endswith("/") else "") for name in close]
    hint = "did you mean " + " or ".join(f"'{name}'" for name in near) + "?" if near else None
    return DataMissing(f"data '{declared}' does not exist", hint=hint)
