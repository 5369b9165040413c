"""What a table holds: its schema, how many rows, and each column in a few figures."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from restrike.data.tables import is_table, read_table

if TYPE_CHECKING:
    import pyarrow

FORMAT = "restrike.profile/1"
TOP = 5


@dataclass(frozen=True)
class Column:
    """A column's figures. Minimum, maximum and mean leave out nulls and NaN; `top` is for columns of few values."""

    name: str
    type: str
    nulls: int
    nans: int = 0
    distinct: int | None = None
    min: int | float | str | None = None
    max: int | float | str | None = None
    mean: float | None = None
    top: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Profile:
    """A table's figures."""

    rows: int
    columns: tuple[Column, ...]

    def document(self) -> dict[str, Any]:
        return {"format": FORMAT, "rows": self.rows, "columns": [asdict(column) for column in self.columns]}


def profile(path: Path, read: dict[str, Any] | None = None, *, suffix: str | None = None) -> Profile | None:
    """Describe a table, or return None for a file that is not meant as one.

    `suffix` (`.csv`) says what the file is where its name does not, as in the store. Raise the codecs' error if it
    cannot be read.
    """
    read, suffix = read or {}, path.suffix if suffix is None else suffix
    if not is_table(path, read, suffix):
        return None
    table = read_table(path, read, suffix)
    columns = tuple(_column(name, values) for name, values in zip(table.column_names, table.columns, strict=True))
    return Profile(table.num_rows, columns)


def _column(name: str, values: pyarrow.ChunkedArray) -> Column:
    import pyarrow as pa

    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    known = {"name": name, "type": str(values.type), "nulls": values.null_count}
    values = values.drop_null()
    if pa.types.is_floating(values.type) or pa.types.is_integer(values.type):
        return Column(**known, **_numbers(values))
    if pa.types.is_temporal(values.type):
        return Column(**known, **_moments(values))
    if pa.types.is_nested(values.type) or pa.types.is_null(values.type):
        return Column(**known)
    return Column(**known, **_words(values))


def _numbers(values: pyarrow.ChunkedArray) -> dict[str, Any]:
    import pyarrow as pa
    import pyarrow.compute as pc

    nans = 0
    if pa.types.is_floating(values.type):
        real = values.filter(pc.invert(pc.is_nan(values)))
        nans = len(values) - len(real)
        values = real
    figures: dict[str, Any] = {"nans": nans, "distinct": pc.count_distinct(values).as_py()}
    if len(values):
        ends = pc.min_max(values).as_py()
        mean = pc.mean(values).as_py()
        figures |= {"min": ends["min"], "max": ends["max"], "mean": mean if math.isfinite(mean) else None}
    return figures


def _moments(values: pyarrow.ChunkedArray) -> dict[str, Any]:
    import pyarrow.compute as pc

    figures: dict[str, Any] = {"distinct": pc.count_distinct(values).as_py()}
    if len(values):
        ends = pc.min_max(values).as_py()
        figures |= {"min": str(ends["min"]), "max": str(ends["max"])}
    return figures


def _words(values: pyarrow.ChunkedArray) -> dict[str, Any]:
    import pyarrow.compute as pc

    counted = pc.value_counts(values)
    order = pc.sort_indices(counted.field("counts"), sort_keys=[("", "descending")])
    frequent = counted.take(order[: 4 * TOP]).to_pylist()
    top = sorted(((str(item["values"]), item["counts"]) for item in frequent), key=lambda pair: (-pair[1], pair[0]))
    return {"distinct": len(counted), "top": tuple(top[:TOP])}
