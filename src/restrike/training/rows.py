"""The identity of rows: what a row is called, and the bytes that a split by hash looks at.

Specified in docs/design/evaluation.md: a cell is written as its type and text, a row as its cells one after another.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from restrike.evaluation.conditions import is_null
from restrike.training.errors import DataError

Table = Any  # a pandas.DataFrame; pandas is the project's and must not be needed to read an annotation

KEY = "key"  # the name of the index of the tables here: it cannot clash with a column


def cell(value: Any) -> bytes:
    """Return a value as typed text: whole floats like integers, so that one decimal further down moves no other row."""
    if is_null(value):
        return b"?"
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        return b"b1" if value else b"b0"
    if isinstance(value, int):
        return b"n%d" % value
    if isinstance(value, float):
        return b"n%d" % int(value) if value.is_integer() and abs(value) < 2**63 else b"n" + repr(value).encode()
    if isinstance(value, str):
        return b"t" + value.encode("utf-8", "surrogatepass")
    if hasattr(value, "isoformat"):
        return b"d" + str(value.isoformat()).encode()
    return b"o" + f"{type(value).__name__}:{value!r}".encode("utf-8", "surrogatepass")


def cells(column: Any) -> list[bytes]:
    """Return a column as typed texts, each led by its length."""
    import pandas

    codes, distinct = pandas.factorize(column, use_na_sentinel=True)
    written = [b"%d:" % len(text) + text for text in map(cell, distinct)]
    written.append(b"1:?")  # code -1: missing
    return [written[code] for code in codes]


def joined(table: Table, columns: Sequence[str]) -> list[bytes]:
    """Return the typed cells of some columns of each row, one after another."""
    return [b"".join(row) for row in zip(*(cells(table[column]) for column in columns), strict=True)]


def digests(table: Table) -> list[str]:
    """Return a digest of each row's content, over all columns in their order, as 32 hexadecimal digits."""
    rows = joined(table, list(table.columns)) if len(table.columns) else [b""] * len(table)
    return [hashlib.blake2b(row, digest_size=16, person=b"restrike-row/1").hexdigest() for row in rows]


def keys(table: Table, columns: Sequence[str] | None, name: str) -> list[str]:
    """Return a name for each row that is its own: the key columns, or a digest of the content and an occurrence.

    Rows that share a key are told apart by content as well. Raise DataError for rows without a key.
    """
    if columns is None:
        return numbered(digests(table), "#")
    for column in columns:
        missing = [position for position, value in enumerate(table[column]) if is_null(value)]
        if missing:
            raise DataError(
                f"key column '{column}' of data '{name}' is empty in {len(missing)} of {len(table)} rows "
                f"(the first is row {missing[0] + 1})"
            )
    texts = _texts(table, columns)
    shared = {text for text, count in Counter(texts).items() if count > 1}
    if not shared:
        return texts
    content = digests(table)
    return numbered(
        [f"{text}#{row}" if text in shared else text for text, row in zip(texts, content, strict=True)], "#", shared
    )


def content(key: str) -> str:
    """Return the digest of the content out of a key that was made without key columns."""
    return key.rpartition("#")[0]


def numbered(texts: list[str], mark: str, only: set[str] | None = None) -> list[str]:
    """Append to each text how many times it has occurred so far; with `only`, to texts made from one of those."""
    seen: Counter[str] = Counter()
    found = []
    for text in texts:
        if only is not None and text.rpartition(mark)[0] not in only:
            found.append(text)
            continue
        seen[text] += 1
        found.append(f"{text}{mark}{seen[text]}")
    return found


def _texts(table: Table, columns: Sequence[str]) -> list[str]:
    values = [[_plain(value) for value in table[column]] for column in columns]
    if len(values) == 1:
        return [str(value) for value in values[0]]
    return [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in zip(*values, strict=True)]


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return int(value)
    return value if isinstance(value, (str, int, float, bool)) else str(value)
