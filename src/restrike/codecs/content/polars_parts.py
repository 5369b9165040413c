"""polars tables column by column, in polars' own terms: schema, which values are missing, and the others by bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from restrike.codecs.content.parts import Branch, Leaf, texts


def rule_for(known: set[tuple[str, str]]) -> Callable[[Any], Branch | Leaf] | None:
    """Return the rule for a class by its bases' (package, name)."""
    return next((rule for owner, rule in _RULES.items() if owner in known), None)


def _frame(frame: Any) -> Branch:
    names = list(frame.columns)
    columns = Branch("columns", [column(frame[name]) for name in names], label=lambda i: f"[{names[i]!r}]")
    return Branch(f"table polars.DataFrame {frame.height}", [names, columns], label=[".columns", ""].__getitem__)


def _series(series: Any) -> Branch:
    return Branch("series polars.Series", [series.name, column(series)], label=[".name", ""].__getitem__)


def column(series: Any) -> Branch:
    """Return the values of a column; chunks, offsets and category codes are not content, the dtype is."""
    import polars

    missing = series.is_null().to_numpy()
    present = series.drop_nulls() if missing.any() else series
    inner = _present(present, series.dtype, polars)
    return Branch(
        f"column {series.dtype!r} {len(series)}", [missing, inner], label=[".is_null()", ".drop_nulls()"].__getitem__
    )


def _present(series: Any, dtype: Any, polars: Any) -> Any:
    """Return the values of a column that has none missing."""
    if dtype == polars.Boolean:
        return series.cast(polars.UInt8).to_numpy()
    if dtype.is_temporal():
        return series.to_physical().to_numpy()
    if dtype.is_numeric() and not dtype.is_decimal() and dtype != getattr(polars, "Int128", None):
        return series.to_numpy()
    if isinstance(dtype, polars.Struct):
        fields = [(field.name, column(series.struct.field(field.name))) for field in dtype.fields]
        return Branch(
            "struct",
            [part for pair in fields for part in pair],
            "mapping",
            lambda i: f".struct.field({fields[i][0]!r})",
        )
    if isinstance(dtype, (polars.List, polars.Array)):
        lists = series.arr.to_list() if isinstance(dtype, polars.Array) else series
        lengths = lists.list.len()
        return Branch(
            "lists",
            [lengths.to_numpy(), column(lists.filter(lengths > 0).explode())],
            label=[".list.len()", ".explode()"].__getitem__,
        )
    if dtype == polars.Binary or dtype == polars.Object:
        return series.to_list()
    if dtype == polars.Null:
        return len(series)
    return _texts(series.cast(polars.String))  # text, categories by name, decimals and wide integers by their digits


def _texts(series: Any) -> Leaf:
    data = (series.str.join("").item() if len(series) else "").encode("utf-8")
    return texts(series.str.len_bytes().to_numpy(), data, series.to_list)


_RULES: dict[tuple[str, str], Callable[[Any], Branch | Leaf]] = {
    ("polars", "DataFrame"): _frame,
    ("polars", "Series"): _series,
}
