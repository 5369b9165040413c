"""How two versions of a table differ: rows added, removed and changed, and the cells that changed in them.

Rows are compared by value. With a key, rows of equal key belong together. Without one, rows that both versions hold
are matched first; what is left between two matched rows is a hunk, and the rows of a hunk are paired in order: all of
them if both sides have as many, else those pairs that agree in at least half of their cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from restrike.base.errors import RestrikeError
from restrike.data.tables import is_table, read_table
from restrike.store import Store

if TYPE_CHECKING:
    import numpy as np
    import pyarrow

    Numbers = np.ndarray[Any, np.dtype[np.int64]]

ALIGNED = 64  # rows a side, up to which an uneven hunk is aligned as well as can be


def table_diff(
    store: Store,
    a: str,
    b: str,
    read: dict[str, Any] | None = None,
    *,
    path: str = "",
    key: Sequence[str] = (),
) -> dict[str, Any] | None:
    """Compare two versions of a file as tables; return None if one of them is none.

    `path` is the dataset's path, whose suffix says what the files are. `bytes_only` means that only the way of writing
    differs, `order_only` only the order of rows or columns. Raise ObjectMissing or ObjectCorrupt.
    """
    name = path.rpartition("/")[2]
    suffix = "." + name.rpartition(".")[2] if "." in name else ""
    tables = []
    for digest in (a, b):
        file = store.path_of(digest)
        if not is_table(file, read or {}, suffix):
            return None
        try:
            tables.append(read_table(file, read or {}, suffix))
        except RestrikeError:
            return None
    return compare(*tables, key=key, same_bytes=a == b)


def compare(a: pyarrow.Table, b: pyarrow.Table, *, key: Sequence[str] = (), same_bytes: bool = False) -> dict[str, Any]:
    """Compare two tables. Columns that only one of them has are named, and left out of the comparison of rows."""
    common = [name for name in a.column_names if name in b.column_names]
    sides = _numbered(a, b, common)
    keys = [name for name in key if name in common]
    pairs = _paired_by_key(sides, keys) if keys and len(keys) == len(key) else _paired_by_content(sides)
    changed = _changed_cells(sides, pairs)
    cells = {name: int(count) for name, count in zip(common, changed.sum(axis=1), strict=True) if count}
    rows_changed = int(changed.any(axis=0).sum()) if len(common) else 0
    added, removed = b.num_rows - len(pairs[1]), a.num_rows - len(pairs[0])
    columns_added = [name for name in b.column_names if name not in common]
    columns_removed = [name for name in a.column_names if name not in common]
    same_values = not (rows_changed or added or removed or columns_added or columns_removed)
    in_order = a.column_names == b.column_names and _ascending(pairs)
    return {
        "rows": [a.num_rows, b.num_rows],
        "rows_added": added,
        "rows_removed": removed,
        "rows_changed": rows_changed,
        "cells_changed": sum(cells.values()),
        "columns_changed": cells,
        "columns_added": columns_added,
        "columns_removed": columns_removed,
        "order_only": same_values and not in_order,
        "bytes_only": same_values and in_order and not same_bytes,
    }


@dataclass(frozen=True)
class _Sides:
    """Both tables as numbers: equal cells of a column have equal numbers, equal rows have equal numbers."""

    cells: tuple[Numbers, Numbers]  # columns x rows
    rows: tuple[Numbers, Numbers]
    names: list[str]


def _numbered(a: pyarrow.Table, b: pyarrow.Table, names: list[str]) -> _Sides:
    import numpy as np

    columns = [_codes(a.column(name), b.column(name)) for name in names]
    both = np.zeros(a.num_rows + b.num_rows, dtype=np.int64)
    for codes in columns:
        both = _joined(both, codes)
    matrix = np.array(columns, dtype=np.int64).reshape(len(names), len(both))
    cut = a.num_rows
    return _Sides((matrix[:, :cut], matrix[:, cut:]), (both[:cut], both[cut:]), names)


def _codes(a: pyarrow.ChunkedArray, b: pyarrow.ChunkedArray) -> Numbers:
    """Number the values of two columns; nulls are a value, and so is NaN."""
    import pyarrow as pa

    a, b = _alike(a, b)
    values = pa.chunked_array([*a.chunks, *b.chunks], type=a.type).combine_chunks()
    if isinstance(values, pa.ChunkedArray):
        values = pa.concat_arrays(values.chunks)
    return _dense(values.dictionary_encode(null_encoding="encode"))


def _alike(a: pyarrow.ChunkedArray, b: pyarrow.ChunkedArray) -> tuple[pyarrow.ChunkedArray, pyarrow.ChunkedArray]:
    """Return the columns in one type: their own, floats for two kinds of number, else text."""
    import json

    import pyarrow as pa

    a, b = (column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column for column in (a, b))
    kinds = (a.type, b.type)
    if any(pa.types.is_nested(kind) for kind in kinds):
        texts = [[json.dumps(value, sort_keys=True, default=str) for value in column.to_pylist()] for column in (a, b)]
        return pa.chunked_array([texts[0]], type=pa.large_string()), pa.chunked_array(
            [texts[1]], type=pa.large_string()
        )
    if a.type == b.type and not pa.types.is_string(a.type):
        return a, b
    wanted = pa.large_string()
    if all(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_null(kind) for kind in kinds):
        wanted = pa.float64()
    try:
        return a.cast(wanted), b.cast(wanted)
    except pa.ArrowInvalid:  # an integer that no float is equal to
        return a.cast(pa.large_string()), b.cast(pa.large_string())


def _joined(rows: Numbers, codes: Numbers) -> Numbers:
    """Number the pairs of two numbers, exactly."""
    import pyarrow as pa

    if len(rows) == 0:
        return rows
    return _dense(pa.array(rows * (int(codes.max()) + 1) + codes).dictionary_encode())


def _dense(encoded: pyarrow.DictionaryArray) -> Numbers:
    import numpy as np

    numbers: Numbers = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers


Pairs = tuple["Numbers", "Numbers"]


def _paired_by_key(sides: _Sides, key: list[str]) -> Pairs:
    """Pair rows of equal key; those of a key that appears again, in order."""
    import numpy as np

    numbers = np.concatenate([np.zeros(len(rows), dtype=np.int64) for rows in sides.rows])
    for name in key:
        position = sides.names.index(name)
        numbers = _joined(numbers, np.concatenate([cells[position] for cells in sides.cells]))
    cut = len(sides.rows[0])
    occurrences = np.concatenate([_occurrences(numbers[:cut]), _occurrences(numbers[cut:])])
    numbers = _joined(numbers, occurrences)
    _, of_a, of_b = np.intersect1d(numbers[:cut], numbers[cut:], assume_unique=True, return_indices=True)
    order = np.argsort(of_a)
    return of_a[order], of_b[order]


def _paired_by_content(sides: _Sides) -> Pairs:
    """Pair equal rows first, then what lies between them."""
    import numpy as np

    a, b = sides.rows
    if len(a) == len(b) and np.array_equal(a, b):
        return np.arange(len(a)), np.arange(len(b))
    cut = len(a)
    unique = _joined(np.concatenate([a, b]), np.concatenate([_occurrences(a), _occurrences(b)]))
    _, of_a, of_b = np.intersect1d(unique[:cut], unique[cut:], assume_unique=True, return_indices=True)
    order = np.argsort(of_a)
    of_a, of_b = of_a[order], of_b[order]
    more_a, more_b = _paired_in_hunks(sides, of_a, of_b)
    return np.concatenate([of_a, more_a]), np.concatenate([of_b, more_b])


def _paired_in_hunks(sides: _Sides, of_a: Numbers, of_b: Numbers) -> Pairs:
    import numpy as np

    (left_a, hunk_a), (left_b, hunk_b) = _left(len(sides.rows[0]), of_a), _left(len(sides.rows[1]), of_b)
    hunks = max(int(hunk_a.max(initial=0)), int(hunk_b.max(initial=0))) + 1
    count_a, count_b = np.bincount(hunk_a, minlength=hunks), np.bincount(hunk_b, minlength=hunks)
    even = count_a == count_b
    pairs_a, pairs_b = [left_a[even[hunk_a]]], [left_b[even[hunk_b]]]
    starts_a, starts_b = np.cumsum(count_a) - count_a, np.cumsum(count_b) - count_b
    for hunk in np.flatnonzero(~even & (count_a > 0) & (count_b > 0)):
        rows_a = left_a[starts_a[hunk] : starts_a[hunk] + count_a[hunk]]
        rows_b = left_b[starts_b[hunk] : starts_b[hunk] + count_b[hunk]]
        more_a, more_b = _aligned(sides, rows_a, rows_b)
        pairs_a.append(more_a)
        pairs_b.append(more_b)
    return np.concatenate(pairs_a), np.concatenate(pairs_b)


def _left(count: int, matched: Numbers) -> Pairs:
    """Return the rows without a match, and for each how many matched rows come before it."""
    import numpy as np

    free = np.ones(count, dtype=bool)
    free[matched] = False
    left = np.flatnonzero(free)
    return left, np.cumsum(~free)[left]


def _aligned(sides: _Sides, rows_a: Numbers, rows_b: Numbers) -> Pairs:
    """Pair the rows of an uneven hunk, in order, so that as many cells as possible agree."""
    import numpy as np

    if max(len(rows_a), len(rows_b)) > ALIGNED:
        shared = min(len(rows_a), len(rows_b))
        rows_a, rows_b = rows_a[:shared], rows_b[:shared]
        alike = (sides.cells[0][:, rows_a] == sides.cells[1][:, rows_b]).mean(axis=0) >= 0.5
        return rows_a[alike], rows_b[alike]
    alike = (sides.cells[0][:, rows_a, None] == sides.cells[1][:, None, rows_b]).mean(axis=0)
    chosen = _best_path(alike)
    return rows_a[[i for i, _ in chosen]].astype(np.int64), rows_b[[j for _, j in chosen]].astype(np.int64)


def _best_path(alike: np.ndarray[Any, np.dtype[np.float64]]) -> list[tuple[int, int]]:
    """Return the pairs (i, j), both rising, of the greatest total likeness, none below a half."""
    import numpy as np

    rows, columns = alike.shape
    best = np.zeros((rows + 1, columns + 1))
    for i in range(rows - 1, -1, -1):
        for j in range(columns - 1, -1, -1):
            pair = alike[i, j] + best[i + 1, j + 1] if alike[i, j] >= 0.5 else 0.0
            best[i, j] = max(pair, best[i + 1, j], best[i, j + 1])
    chosen, i, j = [], 0, 0
    while i < rows and j < columns:
        if best[i, j] == best[i + 1, j]:
            i += 1
        elif best[i, j] == best[i, j + 1]:
            j += 1
        else:
            chosen.append((i, j))
            i, j = i + 1, j + 1
    return chosen


def _occurrences(numbers: Numbers) -> Numbers:
    """Return for each number how often it has come before."""
    import numpy as np

    order = np.argsort(numbers, kind="stable")
    ranked = numbers[order]
    first = np.ones(len(ranked), dtype=bool)
    first[1:] = ranked[1:] != ranked[:-1]
    starts = np.maximum.accumulate(np.where(first, np.arange(len(ranked)), 0))
    occurrences = np.empty(len(ranked), dtype=np.int64)
    occurrences[order] = np.arange(len(ranked)) - starts
    return occurrences


def _changed_cells(sides: _Sides, pairs: Pairs) -> np.ndarray[Any, np.dtype[np.bool_]]:
    changed: np.ndarray[Any, np.dtype[np.bool_]] = sides.cells[0][:, pairs[0]] != sides.cells[1][:, pairs[1]]
    return changed


def _ascending(pairs: Pairs) -> bool:
    import numpy as np

    return bool(np.all(np.diff(pairs[1][np.argsort(pairs[0], kind="stable")]) > 0))
