"""Values that are never written down, and how to find them in what steps print, raise and return."""

from __future__ import annotations

import json
import mmap
import os
from collections.abc import Iterable
from pathlib import Path

HIDDEN = "[secret]"
SHORTEST = 4  # of what is looked for in outputs: shorter values are in every file, and protect nothing
_WIDE = ("utf-16-le", "utf-32-le")  # as arrays of texts hold them


class Secrets:
    """The values of a run's secret variables."""

    def __init__(self, values: Iterable[str] = ()):
        self._texts = sorted({text for value in values for text in _spellings(value)}, key=len, reverse=True)
        self._bytes = [text.encode("utf-8", "surrogateescape") for text in self._texts]
        searched = [text for text in self._texts if len(text) >= SHORTEST]
        self._searched = [text.encode(how, "replace") for text in searched for how in _WIDE]
        self._searched += [spelling for spelling in self._bytes if len(spelling) >= SHORTEST]

    def __bool__(self) -> bool:
        return bool(self._texts)

    @property
    def longest(self) -> int:
        """Return the length, in bytes, of the longest text that is looked for."""
        return max(map(len, self._bytes), default=0)

    def out_of(self, text: str) -> str:
        """Return a text without the values."""
        for secret in self._texts:
            text = text.replace(secret, HIDDEN)
        return text

    def out_of_bytes(self, data: bytes) -> bytes:
        """Return bytes without the values."""
        for secret in self._bytes:
            data = data.replace(secret, HIDDEN.encode())
        return data

    def found_in(self, folder: Path) -> str | None:
        """Return the first name below a folder whose file, link or very name holds a value; None if none does."""
        if not self._searched:
            return None
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if any(value in os.fsencode(name) for value in self._searched) or self._is_in(path):
                return self.out_of(name)
        return None

    def _is_in(self, path: Path) -> bool:
        if path.is_symlink():
            return any(value in os.fsencode(os.readlink(path)) for value in self._searched)
        if not path.is_file() or not path.stat().st_size:
            return False
        with open(path, "rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return any(content.find(value) >= 0 for value in self._searched)


def _spellings(value: str) -> Iterable[str]:
    """Yield a value as it is, as Python and JSON quote it, and its lines: a log is written line by line."""
    yield from (spelling for spelling in (value, repr(value)[1:-1], json.dumps(value)[1:-1]) if spelling)
    lines = value.splitlines()
    if len(lines) > 1:
        yield from (line for line in lines if len(line) >= SHORTEST)
