"""pandas columns as Arrow arrays: each dtype with the note that brings it back exactly.

A dtype that is not here, or one that does not come back equal, raises Unsupported; the whole table is then pickled.
"""

from __future__ import annotations

from typing import Any

from restrike.codecs.content import pandas_parts
from restrike.codecs.content.walk import content_digest
from restrike.codecs.formats import json_text


class Unsupported(Exception):
    """A table that the Arrow form cannot give back as it was; the message says which part."""


def to_arrow(values: Any) -> tuple[Any, dict[str, Any]]:
    """Return a pandas array as an Arrow array and the note from which `from_arrow` restores it."""
    array, note = _to_arrow(values)
    if note["kind"] not in ("numpy", "object", "text") and _digest(from_arrow(array, note)) != _digest(values):
        raise Unsupported(f"dtype '{values.dtype}' does not come back equal")
    return array, note


def _digest(values: Any) -> str:
    return content_digest(pandas_parts.values(values))[0]


def _to_arrow(values: Any) -> tuple[Any, dict[str, Any]]:
    import numpy
    import pandas
    import pyarrow

    values = pandas_parts.unwrapped(values)
    dtype = values.dtype
    if isinstance(dtype, numpy.dtype):
        return _objects(values) if dtype.kind == "O" else _numpy(numpy.asarray(values))
    if isinstance(dtype, pandas.CategoricalDtype):
        categories, note = to_arrow(dtype.categories.array)
        codes = numpy.asarray(values.codes)
        indices = pyarrow.array(codes.astype(numpy.int32), mask=codes < 0)
        array = pyarrow.DictionaryArray.from_arrays(indices, categories, ordered=bool(dtype.ordered))
        return array, {"kind": "category", "ordered": bool(dtype.ordered), "categories": note}
    if isinstance(dtype, pandas.StringDtype):
        missing = "NA" if dtype.na_value is pandas.NA else "nan"
        if dtype.storage == "pyarrow":
            array = values.__arrow_array__().cast(pyarrow.large_string())
            array = array.combine_chunks() if isinstance(array, pyarrow.ChunkedArray) else array
        else:
            array = pyarrow.array(numpy.asarray(values, dtype=object), type=pyarrow.large_string(), from_pandas=True)
        return array, {"kind": "text", "storage": dtype.storage, "missing": missing}
    if isinstance(dtype, pandas.DatetimeTZDtype):
        array = pyarrow.array(values.asi8, mask=numpy.asarray(values.isna()))
        return array.cast(pyarrow.timestamp(dtype.unit, str(dtype.tz))), {
            "kind": "zoned",
            "unit": dtype.unit,
            "zone": str(dtype.tz),
        }
    if isinstance(dtype, pandas.PeriodDtype):
        return pyarrow.array(values.asi8, mask=numpy.asarray(values.isna())), {"kind": "period", "dtype": str(dtype)}
    if isinstance(dtype, pandas.ArrowDtype):
        array = values.__arrow_array__()
        return array.combine_chunks() if isinstance(array, pyarrow.ChunkedArray) else array, {"kind": "arrow"}
    if hasattr(dtype, "numpy_dtype"):
        return pyarrow.array(values), {"kind": "nullable", "dtype": str(dtype)}
    raise Unsupported(f"dtype '{dtype}' has no Arrow form here")


def _numpy(values: Any) -> tuple[Any, dict[str, Any]]:
    import pyarrow

    note = {"kind": "numpy", "dtype": values.dtype.newbyteorder("<").str}
    if values.dtype.kind not in "biufmM":
        raise Unsupported(f"dtype '{values.dtype}' has no Arrow form")
    values = values.astype(values.dtype.newbyteorder("="), copy=False)
    try:
        return pyarrow.array(values, from_pandas=False), note
    except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError) as error:
        raise Unsupported(f"dtype '{values.dtype}': {error}") from error


def _objects(values: Any) -> tuple[Any, dict[str, Any]]:
    """Return a column of Python objects: of one simple type and one missing value, else cell by cell as JSON."""
    import numpy
    import pyarrow

    cells = numpy.asarray(values, dtype=object).tolist()
    kinds = set(map(type, cells))
    missing = "none"
    if float in kinds and kinds <= {str, bytes, float} and all(cell != cell for cell in cells if type(cell) is float):
        if not all(json_text.is_json(cell) for cell in cells if type(cell) is float):
            raise Unsupported("a column holds a NaN of its own bits")
        missing, kinds = "nan", kinds - {float}
        cells = [None if type(cell) is float else cell for cell in cells]
    for kind, arrow in ((str, pyarrow.large_string()), (bytes, pyarrow.large_binary()), (bool, pyarrow.bool_())):
        if kinds <= {kind, type(None)} and (
            kind is not str or all(cell is None or json_text.is_unicode(cell) for cell in cells)
        ):
            return pyarrow.array(cells, type=arrow), {"kind": "object", "of": kind.__name__, "missing": missing}
    if missing == "none" and all(map(json_text.is_json, cells)):
        texts = [json_text.dumps(cell) for cell in cells]
        return pyarrow.array(texts, type=pyarrow.large_string()), {"kind": "object", "of": "json", "missing": "none"}
    names = ", ".join(sorted(kind.__name__ for kind in kinds))
    raise Unsupported(f"a column holds Python objects ({names})")


def from_arrow(array: Any, note: dict[str, Any]) -> Any:
    """Return the pandas array, writable and independent of the Arrow array."""
    import numpy
    import pandas

    kind = note["kind"]
    if kind == "numpy":
        return _writable(array.to_numpy(zero_copy_only=False), numpy.dtype(note["dtype"]))
    if kind == "object":
        return _objects_back(array, note)
    if kind == "text":
        return _text_dtype(note).__from_arrow__(array)
    if kind == "category":
        categories = from_arrow(array.dictionary, note["categories"])
        codes = numpy.asarray(array.indices.fill_null(-1).to_numpy(zero_copy_only=False))
        return pandas.Categorical.from_codes(
            codes, categories=pandas.Index(categories, dtype=categories.dtype), ordered=note["ordered"]
        )
    if kind == "zoned":
        stamps = _integers(array).view(f"M8[{note['unit']}]")
        return pandas.DatetimeIndex(stamps).tz_localize("UTC").tz_convert(note["zone"]).array
    if kind == "period":
        return pandas.PeriodIndex.from_ordinals(_integers(array), freq=note["dtype"][7:-1]).array
    if kind == "arrow":
        return pandas.arrays.ArrowExtensionArray(array)
    return pandas.api.types.pandas_dtype(note["dtype"]).__from_arrow__(array)


def _integers(array: Any) -> Any:
    """Return 64-bit integers with pandas' mark for a missing time where there is none."""
    import numpy
    import pyarrow

    lowest = int(numpy.iinfo(numpy.int64).min)
    return numpy.array(array.cast(pyarrow.int64()).fill_null(lowest).to_numpy(zero_copy_only=False))


def _writable(values: Any, dtype: Any) -> Any:
    import numpy

    return numpy.array(values, dtype=dtype.newbyteorder("="), copy=True)


def _objects_back(array: Any, note: dict[str, Any]) -> Any:
    import numpy

    cells = array.to_pylist()
    if note["of"] == "json":
        cells = [json_text.loads(cell) for cell in cells]
    elif note["missing"] == "nan":
        cells = [float("nan") if cell is None else cell for cell in cells]
    result = numpy.empty(len(cells), dtype=object)
    for number, cell in enumerate(cells):  # one by one: numpy would unpack lists of equal length
        result[number] = cell
    return result


def _text_dtype(note: dict[str, Any]) -> Any:
    import numpy
    import pandas

    if note["missing"] == "NA":
        return pandas.StringDtype(note["storage"])
    return pandas.StringDtype(note["storage"], na_value=numpy.nan)
