"""`table/arrow@1`: the Arrow IPC file format, uncompressed, in one canonical form.

One record batch; offsets begin at zero; slots under nulls are zeroed, validity bitmaps are left out where nothing is
missing; the schema's metadata holds one key of ours, `restrike`, beside those the producer set. Types for which no
canonical form is written here (views, unions, maps, run lengths) are kept as they are.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

KEY = b"restrike"


def write(table: Any, facts: dict[str, Any], path: Path) -> None:
    """Write a table and what is to be known about it."""
    import pyarrow

    columns = [canonical(_whole(column, pyarrow), pyarrow) for column in table.columns]
    text = json.dumps(facts, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    fields = [field.with_type(column.type) for field, column in zip(table.schema, columns, strict=True)]
    metadata = {**(table.schema.metadata or {}), KEY: text.encode("ascii")}
    schema = pyarrow.schema(fields, metadata=dict(sorted(metadata.items())))
    options = pyarrow.ipc.IpcWriteOptions(compression=None, use_threads=False)
    batch = pyarrow.RecordBatch.from_arrays(columns, schema=schema)
    if not columns:
        batch = _without_columns(table.num_rows, schema, pyarrow)
    with pyarrow.OSFile(os.fspath(path), "wb") as stream, pyarrow.ipc.new_file(stream, schema, options=options) as file:
        file.write_batch(batch)


def read(path: Path) -> tuple[Any, dict[str, Any]]:
    """Return the table, without our key in its metadata, and what `write` was given beside it."""
    import pyarrow

    with pyarrow.OSFile(os.fspath(path), "rb") as stream:
        table = pyarrow.ipc.open_file(stream).read_all()
    metadata = dict(table.schema.metadata or {})
    facts = json.loads(metadata.pop(KEY, b"{}"))
    return table.replace_schema_metadata(metadata or None), facts


def canonical(array: Any, pyarrow: Any) -> Any:
    """Return an array equal in value whose buffers depend on the values alone."""
    import numpy

    types, kind, count = pyarrow.types, array.type, len(array)
    if types.is_dictionary(kind):
        indices, dictionary = canonical(array.indices, pyarrow), canonical(array.dictionary, pyarrow)
        return pyarrow.DictionaryArray.from_arrays(indices, dictionary, ordered=kind.ordered)
    missing = array.is_null().to_numpy(zero_copy_only=False) if array.null_count else None
    bitmap = None if missing is None else pyarrow.py_buffer(numpy.packbits(~missing, bitorder="little"))
    if types.is_boolean(kind):
        bits = numpy.asarray(array.fill_null(False).to_numpy(zero_copy_only=False), dtype=bool)
        return pyarrow.Array.from_buffers(
            kind, count, [bitmap, pyarrow.py_buffer(numpy.packbits(bits, bitorder="little"))]
        )
    if types.is_string(kind) or types.is_binary(kind) or types.is_large_string(kind) or types.is_large_binary(kind):
        present = array.drop_null()
        lengths = numpy.zeros(count, numpy.int64)
        lengths[slice(None) if missing is None else ~missing] = _lengths(present)
        return pyarrow.Array.from_buffers(kind, count, [bitmap, _offsets(lengths, kind, pyarrow), _data(present)])
    if types.is_list(kind) or types.is_large_list(kind):
        lengths = array.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
        inner = canonical(array.flatten(), pyarrow)
        return pyarrow.Array.from_buffers(kind, count, [bitmap, _offsets(lengths, kind, pyarrow)], children=[inner])
    if types.is_struct(kind):
        inner = [canonical(part, pyarrow) for part in array.flatten()]
        return pyarrow.Array.from_buffers(kind, count, [bitmap], children=inner)
    if _is_fixed(kind, types):
        return _fixed(array, missing, bitmap, pyarrow)
    return array


def fixed_cells(column: Any) -> Any:
    """Return the bytes of a column's cells, one row each, the last one telling null; None if their size varies."""
    import numpy
    import pyarrow

    if not _is_fixed(column.type, pyarrow.types):
        return None
    array = canonical(_whole(column, pyarrow), pyarrow)
    data = numpy.frombuffer(array.buffers()[1], numpy.uint8) if len(array) else numpy.zeros(0, numpy.uint8)
    missing = array.is_null().to_numpy(zero_copy_only=False).astype(numpy.uint8)
    return numpy.column_stack([data.reshape(len(array), array.type.bit_width // 8), missing])


def _fixed(array: Any, missing: Any, bitmap: Any, pyarrow: Any) -> Any:
    import numpy

    width = array.type.bit_width // 8
    start, size = array.offset * width, len(array) * width
    data = array.buffers()[1]
    values = numpy.frombuffer(data, numpy.uint8, size, start) if size else numpy.zeros(0, numpy.uint8)
    if missing is not None:
        values = values.reshape(-1, width).copy()
        values[missing] = 0
    return pyarrow.Array.from_buffers(array.type, len(array), [bitmap, pyarrow.py_buffer(values)])


def _is_fixed(kind: Any, types: Any) -> bool:
    return bool(
        types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_temporal(kind)
        or types.is_decimal(kind)
        or types.is_fixed_size_binary(kind)
    )


def _lengths(array: Any) -> Any:
    import numpy

    if len(array) == 0:
        return numpy.zeros(0, numpy.int64)
    return numpy.diff(_ends(array)).astype(numpy.int64)


def _ends(array: Any) -> Any:
    import numpy

    dtype = numpy.dtype("<i8" if str(array.type).startswith("large") else "<i4")
    return numpy.frombuffer(array.buffers()[1], dtype, len(array) + 1, array.offset * dtype.itemsize)


def _data(array: Any) -> Any:
    """Return the bytes of the texts of an array that has no nulls, end to end."""
    data = array.buffers()[2]
    if len(array) == 0 or data is None:
        import pyarrow

        return pyarrow.py_buffer(b"")
    ends = _ends(array)
    return data.slice(int(ends[0]), int(ends[-1] - ends[0]))


def _offsets(lengths: Any, kind: Any, pyarrow: Any) -> Any:
    import numpy

    offsets = numpy.zeros(len(lengths) + 1, "<i8" if str(kind).startswith("large") else "<i4")
    numpy.cumsum(lengths, out=offsets[1:])
    return pyarrow.py_buffer(offsets)


def _whole(column: Any, pyarrow: Any) -> Any:
    """Return a column as one array."""
    if pyarrow.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    if column.num_chunks == 1:
        return column.chunk(0)
    return pyarrow.concat_arrays(column.chunks) if column.num_chunks else pyarrow.array([], type=column.type)


def _without_columns(rows: int, schema: Any, pyarrow: Any) -> Any:
    """Return a batch of rows that have no columns, whose number no column can tell."""
    empty = pyarrow.StructArray.from_buffers(pyarrow.struct([]), rows, [None])
    return pyarrow.RecordBatch.from_struct_array(empty).replace_schema_metadata(schema.metadata)
