"""pandas tables column by column: labels, dtypes, values by bit; how blocks lie in memory is not content."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from restrike.codecs.content.parts import Branch, Leaf, qualified, texts


def rule_for(cls: type, known: set[tuple[str, str]]) -> Callable[[Any], Branch | Leaf] | None:
    """Return the rule for a class by its bases' (package, name)."""
    return next((rule for owner, rule in _RULES.items() if owner in known), None)


def _frame(frame: Any) -> Branch:
    labels = [_column_label(label) for label in frame.columns]
    columns = [values(frame.iloc[:, number].array) for number in range(frame.shape[1])]
    children = [frame.columns, frame.index, Branch("columns", columns, label=labels.__getitem__), *_extra(frame)]
    names = [".columns", ".index", "", ".attrs", ""]
    return Branch(f"table {_class_name(frame, 'DataFrame')} {len(frame)}", children, label=names.__getitem__)


def _column_label(label: Any) -> str:
    return f"[{label!r}]"


def _series(series: Any) -> Branch:
    children = [series.name, series.index, values(series.array), *_extra(series)]
    names = [".name", ".index", "", ".attrs", ""]
    return Branch(f"series {_class_name(series, 'Series')}", children, label=names.__getitem__)


def _extra(value: Any) -> list[Any]:
    """Return `attrs` and what a subclass says it carries along."""
    carried = {name: getattr(value, name, None) for name in type(value)._metadata if name not in ("_name", "name")}
    return [dict(value.attrs), carried] if value.attrs or carried else []


def _index(index: Any) -> Branch:
    name = type(index).__name__
    if name == "RangeIndex":
        return Branch("index RangeIndex", [index.start, index.stop, index.step, index.name])
    if index.nlevels > 1:
        levels = [values(index.get_level_values(level).array) for level in range(index.nlevels)]
        children = [list(index.names), Branch("levels", levels, label=lambda i: f".get_level_values({i})")]
        return Branch(f"index {name}", children, label=[".names", ""].__getitem__)
    frequency = getattr(index, "freqstr", None) if hasattr(index, "freq") else None
    children = [index.name, frequency, values(index.array)]
    return Branch(f"index {name}", children, label=[".name", ".freq", ""].__getitem__)


def values(array: Any) -> Branch | Leaf:
    """Return the values of a column by its dtype."""
    import numpy
    import pandas

    from restrike.codecs.content import array_parts

    array = unwrapped(array)
    dtype = array.dtype
    if isinstance(dtype, numpy.dtype):
        return array_parts.of_array(numpy.asarray(array))
    if isinstance(dtype, pandas.CategoricalDtype):
        codes = numpy.asarray(array.codes).astype(numpy.int64)
        return Branch(
            "category",
            [_index(dtype.categories), bool(dtype.ordered), codes],
            label=[".cat.categories", ".cat.ordered", ".cat.codes"].__getitem__,
        )
    if isinstance(dtype, pandas.StringDtype):
        # How strings are held (Python objects or arrow) is not content; what a missing one is, is.
        return _texts(array, "text NA" if dtype.na_value is pandas.NA else "text nan")
    if isinstance(dtype, (pandas.DatetimeTZDtype, pandas.PeriodDtype)):
        return Branch(f"time {dtype}", [array.asi8], label=lambda _: "")
    if isinstance(dtype, pandas.IntervalDtype):
        children = [values(_plain(array.left)), values(_plain(array.right)), array.closed]
        return Branch("interval", children, label=[".left", ".right", ".closed"].__getitem__)
    if isinstance(dtype, pandas.SparseDtype):
        return Branch(
            f"sparse {dtype}",
            [dtype.fill_value, array.sp_index.indices, array.sp_values],
            label=["", "", ".sp_values"].__getitem__,
        )
    if isinstance(dtype, pandas.ArrowDtype):
        from restrike.codecs.content import arrow_parts

        return Branch("arrow column", [arrow_parts.column(array.__arrow_array__())], label=lambda _: "")
    if hasattr(dtype, "numpy_dtype"):
        return _nullable(array)
    return Branch(f"column {dtype}", [array], label=lambda _: "")


def unwrapped(array: Any) -> Any:
    """Return the numpy array behind pandas' own cover for one."""
    return array.to_numpy() if type(array).__name__ in ("NumpyExtensionArray", "PandasArray") else array


def _nullable(array: Any) -> Branch:
    """Return Int64, Float64, boolean and their kin: the mask, and zero where nothing is."""
    import numpy

    missing = numpy.asarray(array.isna())
    filled = array.to_numpy(dtype=array.dtype.numpy_dtype, na_value=array.dtype.numpy_dtype.type(0))
    return Branch(f"nullable {array.dtype}", [missing, filled], label=[".isna()", ""].__getitem__)


def _texts(array: Any, kind: str) -> Branch:
    """Return a column of texts: which are missing, and all the others."""
    import numpy

    missing = numpy.asarray(array.isna(), dtype=bool)
    if array.dtype.storage == "pyarrow":
        from restrike.codecs.content import arrow_parts

        present = arrow_parts.variable(array.__arrow_array__())
    else:
        items = numpy.asarray(array, dtype=object)[~missing].tolist()
        encoded = [item.encode("utf-8", "surrogatepass") for item in items]
        lengths = numpy.fromiter(map(len, encoded), numpy.int64, len(encoded))
        present = texts(lengths, b"".join(encoded), lambda: items)
    return Branch(f"{kind} {len(missing)}", [missing, present], label=[".isna()", ".dropna()"].__getitem__)


def _plain(value: Any) -> Any:
    return getattr(value, "array", value)


def _array(array: Any) -> Branch:
    part = values(array)
    return Branch(f"extension array {type(array).__name__}", [part], label=lambda _: "")


def _class_name(value: Any, plain: str) -> str:
    return plain if type(value).__module__.partition(".")[0] == "pandas" else qualified(type(value))


_RULES: dict[tuple[str, str], Callable[[Any], Branch | Leaf]] = {
    ("pandas", "DataFrame"): _frame,
    ("pandas", "Series"): _series,
    ("pandas", "Index"): _index,
}
# Arrays that stand alone; those without a rule of their own are walked as objects.
for _name in ("Categorical", "BaseStringArray", "BaseMaskedArray", "DatetimeArray", "TimedeltaArray", "PeriodArray"):
    _RULES["pandas", _name] = _array
