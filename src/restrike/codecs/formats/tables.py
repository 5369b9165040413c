"""Tables of every engine on their way to and from `table/arrow@1`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from restrike.codecs.content.parts import qualified
from restrike.codecs.content.walk import content_digest
from restrike.codecs.errors import HOOK_ERRORS, CannotConvert, CannotLoad, NoContentDigest, message_of
from restrike.codecs.formats import arrow_file, pandas_tables
from restrike.codecs.formats.columns import Unsupported

_CLASSES = {
    ("pandas", "DataFrame"),
    ("pandas", "Series"),
    ("polars", "DataFrame"),
    ("polars", "Series"),
    ("pyarrow", "Table"),
}

# polars dtypes known to come back from Arrow as they were; with any other, the whole table is compared.
_LOSSLESS = {
    *(f"{sign}Int{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)),
    *("Float32", "Float64", "Boolean", "String", "Binary", "Date"),
}


def engine_of(value: Any) -> str | None:
    """Return which library's table a value is (`pandas.DataFrame`), None if it is no table."""
    for base in type(value).__mro__:
        root = str(base.__module__).partition(".")[0]
        if (root, base.__name__) in _CLASSES:
            return f"{root}.{base.__name__}"
    return None


def write(value: Any, engine: str, path: Path) -> None:
    """Write a table. Raise Unsupported, saying why, for one that would not come back as it was."""
    if not _has_pyarrow():
        raise Unsupported("pyarrow is not installed")
    try:
        table, facts = _to_arrow(value, engine)
        arrow_file.write(table, facts, path)
    except (*HOOK_ERRORS, NoContentDigest) as error:
        # What the libraries' many versions refuse is not all known; the pickle that stands in keeps the value.
        path.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise Unsupported(f"{type(error).__name__}: {message_of(error)}") from error


def read(path: Path, want: str | None) -> Any:
    """Return a stored table as its own engine's, or as what is wanted."""
    if not _has_pyarrow():
        raise CannotLoad(f"'{path.name}' is an Arrow table and pyarrow is not installed in this environment")
    table, facts = arrow_file.read(path)
    engine = facts.get("engine", "pyarrow.Table")
    return _give(table, facts, engine, want or engine)


def give(value: Any, engine: str, want: str) -> Any:
    """Return a table at hand as what is wanted."""
    table, facts = _to_arrow(value, engine)
    return _give(table, facts, engine, want)


def _give(table: Any, facts: dict[str, Any], engine: str, want: str) -> Any:
    if want == engine:
        return _back(table, facts, engine)
    if want in ("pandas.DataFrame", "pandas.Series"):
        frame = _back(table, facts, engine) if engine.startswith("pandas.") else table.to_pandas()
        if want == "pandas.Series":
            return frame.iloc[:, 0] if frame.ndim == 2 and frame.shape[1] == 1 else _refuse(engine, want)
        return frame if frame.ndim == 2 else frame.to_frame()
    if engine.startswith("pandas."):
        table = table.drop_columns(pandas_tables.index_names(facts, table))
    if want == "pyarrow.Table":
        return table
    if want in ("polars.DataFrame", "polars.Series"):
        import polars

        frame = polars.from_arrow(table)
        if want == "polars.DataFrame":
            return frame
        return frame.to_series(0) if frame.width == 1 else _refuse(engine, want)
    if want == "numpy.ndarray":
        import numpy

        return numpy.column_stack([numpy.array(column.to_numpy()) for column in table.columns])
    return _refuse(engine, want)


def _refuse(engine: str, want: str) -> Any:
    raise CannotConvert(f"a {engine} cannot be given as '{want}'")


def _to_arrow(value: Any, engine: str) -> tuple[Any, dict[str, Any]]:
    if engine.startswith("pandas."):
        return pandas_tables.to_table(value)
    if f"{type(value).__module__.partition('.')[0]}.{type(value).__name__}" != engine:
        raise Unsupported(f"class '{qualified(type(value))}' is not the library's own")
    facts = {"format": "restrike.table/1", "engine": engine}
    if engine == "pyarrow.Table":
        if arrow_file.KEY in (value.schema.metadata or {}):
            raise Unsupported("its metadata has a key 'restrike' of its own")
        return value, facts
    import polars

    frame = value.to_frame() if engine == "polars.Series" else value
    if frame.width == 0 and frame.height:
        raise Unsupported("it has rows but no columns")
    try:
        table = frame.to_arrow()
    except (polars.exceptions.PolarsError, TypeError, ValueError) as error:
        raise Unsupported(str(error)) from error
    if all(str(dtype) in _LOSSLESS for dtype in frame.dtypes):
        return table, facts
    try:
        same = content_digest(_polars(table, engine))[0] == content_digest(value)[0]
    except NoContentDigest as error:
        raise Unsupported(str(error)) from error
    if not same:
        raise Unsupported("it does not come back equal from Arrow")
    return table, facts


def _back(table: Any, facts: dict[str, Any], engine: str) -> Any:
    if engine.startswith("pandas."):
        return pandas_tables.from_table(table, facts)
    return _polars(table, engine) if engine.startswith("polars.") else table


def _polars(table: Any, engine: str) -> Any:
    import polars

    frame = polars.from_arrow(table)
    return frame.to_series(0) if engine == "polars.Series" else frame


def _has_pyarrow() -> bool:
    if "pyarrow" in sys.modules:
        return True
    import importlib.util

    return importlib.util.find_spec("pyarrow") is not None
