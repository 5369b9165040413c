"""Table files with two columns of one name: each library drops, renames or chokes on one of them in its own way."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from restrike.codecs.errors import CannotRead


class Repeated(ValueError):
    """An object of JSON that has a field twice."""


def repeated(names: Iterable[str]) -> tuple[str, list[int]] | None:
    """Return the first name that is there again, with its positions from 1, or None."""
    places: dict[str, list[int]] = {}
    for position, name in enumerate(names, 1):
        places.setdefault(name, []).append(position)
    return next(((name, found) for name, found in places.items() if len(found) > 1), None)


def told(name: str, positions: Sequence[int]) -> str:
    """Return it as part of a sentence: `column 'a' more than once, at positions 1 and 3`."""
    *first, last = map(str, positions)
    return f"column '{name}' more than once, at positions {', '.join(first)} and {last}"


def check(path: Path, names: Iterable[str], line: int | None = None) -> None:
    """Raise CannotRead for a name that stands in two places. Names left empty are numbered by the readers."""
    found = repeated(names)
    if found and found[0]:
        raise CannotRead(
            f"'{path.name}' has {told(*found)}",
            where=f"{path.name}:{line}" if line else path.name,
            hint="give each column a name of its own in the file, or, for text with separators, under read.columns",
        )


def of_schema(path: Path, kind: str) -> list[str]:
    """Return the names in a parquet or arrow file, none where pyarrow is missing or cannot tell: the reader will."""
    if importlib.util.find_spec("pyarrow") is None:
        return []
    import pyarrow
    import pyarrow.parquet

    try:
        if kind == "parquet":
            return list(pyarrow.parquet.read_schema(path).names)
        with pyarrow.OSFile(str(path), "rb") as stream:
            return list(pyarrow.ipc.open_file(stream).schema.names)
    except (pyarrow.ArrowException, ValueError, OSError):
        return []


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON. Raise Repeated for a field that it has twice (an `object_pairs_hook`)."""
    fields = dict(pairs)
    if len(fields) < len(pairs) and (found := repeated(name for name, _ in pairs)):
        raise Repeated(told(*found))
    return fields


def check_lines(path: Path, encoding: str) -> None:
    """Raise CannotRead for the first line of JSON with a field twice; other faults are the reader's to tell."""
    try:
        with open(path, encoding=encoding) as stream:
            for number, line in enumerate(stream, 1):
                if line.strip():
                    _check_line(path, number, line)
    except (ValueError, LookupError):
        return


def _check_line(path: Path, number: int, line: str) -> None:
    try:
        json.loads(line, object_pairs_hook=once)
    except Repeated as error:
        raise CannotRead(
            f"'{path.name}' has in line {number} {error}",
            where=f"{path.name}:{number}",
            hint="give each field a name of its own",
        ) from None
