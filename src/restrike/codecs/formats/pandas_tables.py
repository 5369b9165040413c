"""pandas DataFrames and Series as Arrow tables that come back with index, labels and dtypes as they were."""

from __future__ import annotations

from typing import Any

from restrike.codecs.content.walk import content_digest
from restrike.codecs.formats.columns import Unsupported, from_arrow, to_arrow

_SIMPLE = (type(None), bool, int, float, str)


def to_table(value: Any) -> tuple[Any, dict[str, Any]]:
    """Return an Arrow table and its facts. Raise Unsupported for what would not come back as it was."""
    import pandas
    import pyarrow

    engine = "pandas.Series" if type(value) is pandas.Series else "pandas.DataFrame"
    frame = value.to_frame(name=0) if engine == "pandas.Series" else value
    if type(value) not in (pandas.DataFrame, pandas.Series):
        raise Unsupported(f"class '{type(value).__qualname__}' is not pandas' own")
    if value.attrs:
        raise Unsupported("it carries 'attrs'")
    arrays, notes, names = [], [], []
    for number in range(frame.shape[1]):
        array, note = to_arrow(frame.iloc[:, number].array)
        arrays.append(array)
        notes.append(note)
    labels = [value.name] if engine == "pandas.Series" else list(frame.columns)
    names = _unique([str(label) if label is not None else "" for label in labels])
    index = _index_facts(frame.index, arrays, names)
    facts = {
        "format": "restrike.table/1",
        "engine": engine,
        "dtypes": notes,
        "index": index,
        "labels": {"name": _label(value.name)} if engine == "pandas.Series" else _labels(frame.columns),
    }
    if not arrays:
        raise Unsupported("it has rows but no columns")
    return pyarrow.Table.from_arrays(arrays, names=names), facts


def from_table(table: Any, facts: dict[str, Any]) -> Any:
    """Return the DataFrame or Series that `to_table` was given."""
    import pandas

    notes = facts["dtypes"]
    values = [from_arrow(_single(table.column(number)), note) for number, note in enumerate(notes)]
    index = _index(facts["index"], table)
    # The dtype is said each time: left to itself, pandas 3 makes text of Python objects that are all strings.
    columns = [pandas.Series(column, index=index, dtype=column.dtype, copy=False) for column in values]
    if facts["engine"] == "pandas.Series":
        return columns[0].rename(_unlabel(facts["labels"]["name"]))
    frame = pandas.DataFrame(dict(enumerate(columns)), index=index, copy=False)
    frame.columns = _columns(facts["labels"])
    return frame


def index_names(facts: dict[str, Any], table: Any) -> list[str]:
    """Return the names of the Arrow columns that hold an index without a name of its own."""
    first = len(facts["dtypes"])
    names = facts["index"].get("names", [])
    return [table.schema.names[first + number] for number, name in enumerate(names) if name is None]


def _index_facts(index: Any, arrays: list[Any], names: list[str]) -> dict[str, Any]:
    """Add an index to the columns unless it can be told in a few words."""
    import pandas

    if isinstance(index, pandas.RangeIndex):
        return {"kind": "range", "of": [index.start, index.stop, index.step], "name": _label(index.name)}
    levels = [index.get_level_values(level) for level in range(index.nlevels)]
    dtypes = []
    for level in levels:
        array, note = to_arrow(level.array)
        arrays.append(array)
        dtypes.append(note)
    wanted = [str(name) if name is not None else f"__index_level_{i}__" for i, name in enumerate(index.names)]
    names += _unique(wanted, set(names))
    facts = {
        "kind": "levels",
        "multi": isinstance(index, pandas.MultiIndex),
        "names": [_label(name) for name in index.names],
        "dtypes": dtypes,
        "frequency": _frequency(index),
    }
    rebuilt = _index_of(
        [from_arrow(array, note) for array, note in zip(arrays[-len(dtypes) :], dtypes, strict=True)], facts
    )
    if content_digest(rebuilt)[0] != content_digest(index)[0]:
        raise Unsupported(f"an index of class '{type(index).__name__}' does not come back equal")
    return facts


def _frequency(index: Any) -> str | None:
    """Return the frequency of an index of times; that of periods is in their dtype already."""
    import pandas

    timed = isinstance(index, pandas.DatetimeIndex | pandas.TimedeltaIndex) and index.freq is not None
    return str(index.freqstr) if timed else None


def _index(facts: dict[str, Any], table: Any) -> Any:
    import pandas

    if facts["kind"] == "range":
        start, stop, step = facts["of"]
        return pandas.RangeIndex(start, stop, step, name=_unlabel(facts["name"]))
    first = table.num_columns - len(facts["dtypes"])
    levels = [from_arrow(_single(table.column(first + i)), note) for i, note in enumerate(facts["dtypes"])]
    return _index_of(levels, facts)


def _index_of(levels: list[Any], facts: dict[str, Any]) -> Any:
    import pandas

    names = [_unlabel(name) for name in facts["names"]]
    if facts["multi"]:
        return pandas.MultiIndex.from_arrays(levels, names=names)
    index = pandas.Index(levels[0], name=names[0], dtype=levels[0].dtype)
    if facts["frequency"] is not None:
        index.freq = pandas.tseries.frequencies.to_offset(facts["frequency"])
    return index


def _labels(columns: Any) -> dict[str, Any]:
    """Return column labels as plain facts."""
    import pandas

    if isinstance(columns, pandas.RangeIndex):
        return {"kind": "range", "of": [columns.start, columns.stop, columns.step], "name": _label(columns.name)}
    facts = {
        "kind": "multi" if isinstance(columns, pandas.MultiIndex) else "index",
        "names": [_label(name) for name in columns.names],
        "dtype": None if isinstance(columns, pandas.MultiIndex) else str(columns.dtype),
        "values": [_label(label) for label in columns.tolist()],
    }
    if content_digest(_columns(facts))[0] != content_digest(columns)[0]:
        raise Unsupported("its column labels do not come back equal")
    return facts


def _columns(facts: dict[str, Any]) -> Any:
    import pandas

    if facts["kind"] == "range":
        start, stop, step = facts["of"]
        return pandas.RangeIndex(start, stop, step, name=_unlabel(facts["name"]))
    labels = [_unlabel(label) for label in facts["values"]]
    names = [_unlabel(name) for name in facts["names"]]
    if facts["kind"] == "multi":
        return pandas.MultiIndex.from_tuples(labels, names=names)
    try:
        return pandas.Index(labels, dtype=facts["dtype"], name=names[0])
    except (TypeError, ValueError) as error:
        raise Unsupported(f"column labels of dtype '{facts['dtype']}': {error}") from error


def _label(label: Any) -> Any:
    """Return a label as JSON: a scalar as it is, a tuple as a list."""
    if type(label) is tuple:
        return [_label(part) for part in label]
    if type(label) not in _SIMPLE:
        raise Unsupported(f"the label {label!r} is a {type(label).__name__}")
    return label


def _unlabel(label: Any) -> Any:
    return tuple(_unlabel(part) for part in label) if isinstance(label, list) else label


def _unique(names: list[str], taken: set[str] | None = None) -> list[str]:
    """Return the names with a number added where one has been used before."""
    taken, result = set(taken or ()), []
    for name in names:
        free, number = name, 1
        while free in taken:
            number += 1
            free = f"{name}.{number}"
        taken.add(free)
        result.append(free)
    return result


def _single(column: Any) -> Any:
    if column.num_chunks == 1:
        return column.chunk(0)
    import pyarrow

    return pyarrow.array([], type=column.type)
