"""Where two files or folders differ: file, line and column of text, offset of anything else."""

from __future__ import annotations

import os
from pathlib import Path

from restrike.codecs.compare.difference import Difference, below
from restrike.codecs.content.parts import short

_BLOCK = 1 << 20
_CONTEXT = 60


def files(ours: Path, theirs: Path) -> list[Difference]:
    """Return the first place where two files differ, or nothing."""
    offset = _first_byte(ours, theirs)
    if offset is None:
        return []
    sizes = (ours.stat().st_size, theirs.stat().st_size)
    detail = "" if sizes[0] == sizes[1] else f"{sizes[0]:,} and {sizes[1]:,} bytes"
    if (texts := _lines(ours, theirs, offset)) is not None:
        where, a, b = texts
        return [Difference(where, a, b, detail)]
    a, b = (_bytes_at(path, offset) for path in (ours, theirs))
    return [Difference(f"byte {offset:,}", a, b, detail)]


def folders(ours: Path, theirs: Path, limit: int) -> list[Difference]:
    """Return the files of two folders that differ, in order of their paths."""
    a, b = _entries(ours), _entries(theirs)
    found: list[Difference] = []
    for path in sorted(a.keys() | b.keys()):
        if len(found) >= limit:
            break
        if a.get(path) != b.get(path):
            found.append(Difference(path, a.get(path, "(not there)"), b.get(path, "(not there)")))
        elif a[path].startswith("file"):
            found += below(f"{path}: ", files(ours / path, theirs / path))
    return found


def _entries(folder: Path) -> dict[str, str]:
    """Return what each path below a folder is: `file`, `executable file`... or where a link leads."""
    entries = {}
    for parent, names, files_in in os.walk(folder):
        for name in [*files_in, *names]:
            path = Path(parent, name)
            key = path.relative_to(folder).as_posix()
            if path.is_symlink():
                entries[key] = f"link to {os.readlink(path)!r}"
            elif path.is_file():
                entries[key] = "file, executable" if path.stat().st_mode & 0o100 else "file"
            elif not any(path.iterdir()):
                entries[key] = "empty folder"
    return entries


def _first_byte(ours: Path, theirs: Path) -> int | None:
    with open(ours, "rb") as a, open(theirs, "rb") as b:
        offset = 0
        while True:
            left, right = a.read(_BLOCK), b.read(_BLOCK)
            if left != right:
                same = next((i for i, (x, y) in enumerate(zip(left, right, strict=False)) if x != y), None)
                return offset + (min(len(left), len(right)) if same is None else same)
            if not left:
                return None
            offset += len(left)


def _lines(ours: Path, theirs: Path, offset: int) -> tuple[str, str, str] | None:
    """Return line and column, and the two lines from shortly before they part; None where they are no text."""
    number, start = _line_of(ours, offset)
    shown = []
    for path in (ours, theirs):
        with open(path, "rb") as stream:
            stream.seek(start)
            line = stream.readline(max(_BLOCK, offset - start + _BLOCK))
        try:
            text = line.decode("utf-8")
            column = len(line[: offset - start].decode("utf-8", "ignore"))
        except UnicodeDecodeError:
            return None
        if "\0" in text:
            return None
        shown.append((text, column))
    column = min(column for _, column in shown)
    begin = max(0, column - 20) if any(len(text) > _CONTEXT for text, _ in shown) else 0
    a, b = (short(text[begin:].rstrip("\n")[:_CONTEXT], _CONTEXT + 8) if text else "(the end)" for text, _ in shown)
    return f"line {number:,}, column {column + 1:,}", a, b


def _line_of(path: Path, offset: int) -> tuple[int, int]:
    """Return the number of the line that holds a byte, counted from 1, and the offset at which it begins."""
    number, begins, position = 1, 0, 0
    with open(path, "rb") as stream:
        while position < offset and (block := stream.read(min(_BLOCK, offset - position))):
            number += block.count(b"\n")
            if (last := block.rfind(b"\n")) >= 0:
                begins = position + last + 1
            position += len(block)
    return number, begins


def _bytes_at(path: Path, offset: int) -> str:
    with open(path, "rb") as stream:
        stream.seek(offset)
        data = stream.read(8)
    return data.hex(" ") if data else "(the end)"
