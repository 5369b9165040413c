"""Edits of a project folder, as data."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class Edit(Protocol):
    """Something that is done to a file of a project."""

    @property
    def path(self) -> str: ...

    def apply(self, project: Path) -> None: ...


@dataclass(frozen=True)
class Replace:
    """Put one text in the place of another, which must be there exactly once."""

    path: str
    old: str
    new: str
    keep_time: bool = False

    def apply(self, project: Path) -> None:
        file = project / self.path
        before = file.stat()
        text = file.read_text()
        if text.count(self.old) != 1:
            raise ValueError(f"{self.path} has {self.old!r} {text.count(self.old)} times, not once")
        file.write_text(text.replace(self.old, self.new))
        if self.keep_time:
            os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


@dataclass(frozen=True)
class Append:
    """Add text at the end of a file, or make the file."""

    path: str
    text: str

    def apply(self, project: Path) -> None:
        file = project / self.path
        file.parent.mkdir(parents=True, exist_ok=True)
        with open(file, "a") as target:
            target.write(self.text)


@dataclass(frozen=True)
class Rewrite:
    """Write the same content anew, under a new modification time; as a new file if told."""

    path: str
    as_new_file: bool = False

    def apply(self, project: Path) -> None:
        file = project / self.path
        content = file.read_bytes()
        if self.as_new_file:
            file.unlink()
        file.write_bytes(content)
        os.utime(file, (time.time(), time.time()))
