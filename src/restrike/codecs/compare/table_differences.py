"""Where two stored tables differ: schema, then rows by key if they have one, then the first cell of each column."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from restrike.codecs.compare import measure, values
from restrike.codecs.compare.difference import Difference, below
from restrike.codecs.content import arrow_parts
from restrike.codecs.content.parts import short
from restrike.codecs.content.walk import content_digest
from restrike.codecs.formats import arrow_file

KEY = "key"  # rows are matched by a column of this name, where its values are unique


def between(ours: Path, theirs: Path, limit: int) -> list[Difference]:
    """Return where two tables in `table/arrow@1` differ, at most `limit` places."""
    (a, a_facts), (b, b_facts) = arrow_file.read(ours), arrow_file.read(theirs)
    found = _schemas(a, b)
    names = [name for name in a.schema.names if name in b.schema.names and _is_single(a, b, name)]
    matched, told = _matched(a, b)
    found += told
    if matched is None:
        return (found + below("table ", values.between(a_facts, b_facts, limit)))[:limit]
    a, b, rows = matched
    cells = [cell for name in names if (cell := _column(a, b, rows, name))]
    found += [difference for _, difference in sorted(cells, key=lambda cell: cell[0])]
    if not found:
        found = below(
            "table ",
            values.between(
                {**a_facts, "metadata": a.schema.metadata}, {**b_facts, "metadata": b.schema.metadata}, limit
            ),
        )
    return found[:limit]


def _is_single(a: Any, b: Any, name: str) -> bool:
    return bool(a.schema.names.count(name) == b.schema.names.count(name) == 1)


def _schemas(a: Any, b: Any) -> list[Difference]:
    found = []
    if a.schema.names != b.schema.names:
        only = [(name, "there", "(not there)") for name in a.schema.names if name not in b.schema.names]
        only += [(name, "(not there)", "there") for name in b.schema.names if name not in a.schema.names]
        found = [Difference(f"column '{name}'", x, y) for name, x, y in only]
        found = found or [Difference("order of columns", short(a.schema.names), short(b.schema.names))]
    for name in a.schema.names:
        if name in b.schema.names and _is_single(a, b, name):
            x, y = a.schema.field(name).type, b.schema.field(name).type
            if x != y:
                found.append(Difference(f"type of column '{name}'", str(x), str(y)))
    return found


def _matched(a: Any, b: Any) -> tuple[tuple[Any, Any, Any] | None, list[Difference]]:
    """Return both tables with the rows they share in one order, and the rows' numbers in ours; tell of all others."""
    import numpy

    keys = [_keys(table) for table in (a, b)]
    if keys[0] is None or keys[1] is None or keys[0] == keys[1]:
        if a.num_rows != b.num_rows:
            count = min(a.num_rows, b.num_rows)
            told = [Difference("number of rows", f"{a.num_rows:,}", f"{b.num_rows:,}")]
            return (a.slice(0, count), b.slice(0, count), numpy.arange(count)), told
        return (a, b, numpy.arange(a.num_rows)), []
    place = {key: row for row, key in enumerate(keys[1])}
    known = set(keys[0])
    rows = [row for row, key in enumerate(keys[0]) if key in place]
    gone = [key for key in keys[0] if key not in place]
    new = [key for key in keys[1] if key not in known]
    told = []
    if gone or new:
        first = (short(gone[0]) if gone else "(no other)", short(new[0]) if new else "(no other)")
        told.append(
            Difference(f"rows by '{KEY}'", *first, f"{len(gone):,} rows only in ours, {len(new):,} only in theirs")
        )
    else:
        row = next(i for i, (x, y) in enumerate(zip(*keys, strict=True)) if x != y)
        told.append(Difference(f"order of rows, row {row:,}", short(keys[0][row]), short(keys[1][row])))
    return (a.take(rows), b.take([place[keys[0][row]] for row in rows]), numpy.array(rows, dtype=int)), told


def _keys(table: Any) -> list[Any] | None:
    if table.schema.names.count(KEY) != 1:
        return None
    keys = table.column(KEY).to_pylist()
    try:
        return keys if None not in keys and len(set(keys)) == len(keys) else None
    except TypeError:
        return None


def _column(a: Any, b: Any, rows: Any, name: str) -> tuple[tuple[int, int], Difference] | None:
    """Return the first differing cell of a column, with what to sort it by; None for equal columns."""
    x, y = a.column(name), b.column(name)
    if x.type != y.type or content_digest(arrow_parts.column(x))[0] == content_digest(arrow_parts.column(y))[0]:
        return None
    differing = _rows(x, y)
    if not len(differing):
        return None
    first = int(differing[0])
    ours, theirs = (_cells(column.take(differing)) for column in (x, y))
    width = x.type.bit_width // 8 if str(x.type) in ("double", "float", "halffloat") else 8
    detail = measure.told(len(differing), len(x), zip(ours, theirs, strict=True), width)
    where = f"row {int(rows[first]):,}{_key_of(a, first)}, column '{name}'"
    order = (int(rows[first]), a.schema.names.index(name))
    return order, Difference(where, short(ours[0]), short(theirs[0]), detail)


def _rows(x: Any, y: Any) -> Any:
    """Return the rows in which two columns of one type differ, by bit."""
    import numpy

    a, b = (arrow_file.fixed_cells(column) for column in (x, y))
    if a is not None and b is not None:
        return (a != b).any(axis=1).nonzero()[0]
    pairs = enumerate(zip(_cells(x), _cells(y), strict=True))
    return numpy.array([row for row, pair in pairs if not _same(*pair)], dtype=numpy.int64)


def _cells(column: Any) -> list[Any]:
    """Return the cells as Python values; times finer than Python's by their digits."""
    try:
        cells: list[Any] = column.to_pylist()
    except ValueError:
        cells = [str(cell) for cell in column]
    return cells


def _same(x: Any, y: Any) -> bool:
    if type(x) in (int, str, bool, type(None)):
        return type(x) is type(y) and bool(x == y)
    return content_digest(x)[0] == content_digest(y)[0]


def _key_of(table: Any, row: int) -> str:
    if KEY not in table.schema.names:
        return ""
    return f" ({KEY}={short(table.column(KEY)[row].as_py(), 40)})"
