"""Arrow tables and arrays: schema, which values are missing, and the others by bit.

Chunks, offsets, dictionary codes and whatever lies under a null are how a column is held, not what it holds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from restrike.codecs.content.parts import Branch, Leaf, texts


def rule_for(known: set[tuple[str, str]]) -> Callable[[Any], Branch | Leaf] | None:
    """Return the rule for a class by its bases' (package, name)."""
    return next((rule for owner, rule in _RULES.items() if owner in known), None)


def _table(table: Any) -> Branch:
    schema = table.schema
    names = list(schema.names)
    columns = [column(table.column(number)) for number in range(len(names))]
    facts = [[field.name, str(field.type), field.nullable, dict(field.metadata or {})] for field in schema]
    children = [facts, dict(schema.metadata or {}), Branch("columns", columns, label=lambda i: f"[{names[i]!r}]")]
    return Branch(
        f"table pyarrow.{type(table).__name__} {table.num_rows}",
        children,
        label=[".schema", ".schema.metadata", ""].__getitem__,
    )


def _array(array: Any) -> Branch:
    return Branch("array pyarrow", [column(array)], label=lambda _: "")


def _scalar(scalar: Any) -> Branch:
    import pyarrow

    return Branch("scalar pyarrow", [column(pyarrow.array([scalar.as_py()], type=scalar.type))])


def _type(value: Any) -> Leaf:
    return Leaf(f"arrow {type(value).__name__}", [str(value).encode()], value)


def column(array: Any) -> Branch:
    """Return the values of an array or a chunked array."""
    import numpy
    import pyarrow

    whole = _one_chunk(array, pyarrow)
    present = whole.drop_null() if whole.null_count else whole
    missing = numpy.asarray(whole.is_null().to_numpy(zero_copy_only=False), dtype=bool)
    inner = _present(present, pyarrow)
    return Branch(
        f"column {array.type} {len(array)}", [missing, inner], label=[".is_null()", ".drop_null()"].__getitem__
    )


def _one_chunk(array: Any, pyarrow: Any) -> Any:
    """Return one plain array: dictionaries, run lengths and extension types resolved to what they stand for."""
    kind = array.type
    if isinstance(array, pyarrow.ChunkedArray):
        if pyarrow.types.is_dictionary(kind):
            array = array.unify_dictionaries()
        array = array.combine_chunks() if array.num_chunks != 1 else array.chunk(0)
        if isinstance(array, pyarrow.ChunkedArray):  # columns over 2 GiB of text stay in chunks
            array = pyarrow.concat_arrays(array.chunks)
    if isinstance(array, pyarrow.ExtensionArray):
        return _one_chunk(array.storage, pyarrow)
    if pyarrow.types.is_dictionary(kind):
        return array.dictionary_decode()
    if pyarrow.types.is_run_end_encoded(kind):
        return pyarrow.compute.run_end_decode(array)
    return array


def _present(array: Any, pyarrow: Any) -> Any:
    """Return the values of an array that has none missing."""
    types, kind = pyarrow.types, array.type
    if types.is_boolean(kind):
        return array.cast(pyarrow.uint8()).to_numpy()
    if types.is_struct(kind):
        fields = [(kind.field(number).name, column(part)) for number, part in enumerate(array.flatten())]
        return Branch(
            "struct",
            [Branch(f"field {name!r}", [part], label=lambda _: "") for name, part in fields],
            label=lambda i: f".field({fields[i][0]!r})",
        )
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        lengths = pyarrow.compute.list_value_length(array).to_numpy(zero_copy_only=False)
        return Branch("lists", [lengths, column(array.flatten())], label=[".value_lengths()", ".flatten()"].__getitem__)
    if types.is_string(kind) or types.is_binary(kind) or types.is_large_string(kind) or types.is_large_binary(kind):
        return variable(array)
    if (width := _width(kind, types)) and len(array.buffers()) == 2:
        data = memoryview(array.buffers()[1]) if array.buffers()[1] is not None else memoryview(b"")
        start = array.offset * width
        return Leaf(f"{kind}", [data[start : start + len(array) * width]], array)
    return array.to_pylist()


def variable(array: Any) -> Leaf:
    """Return the texts or byte strings of an array or chunked array, without those that are missing."""
    import numpy
    import pyarrow

    array = _one_chunk(array, pyarrow).drop_null()
    ends, data = array.buffers()[1:]
    if ends is None or len(array) == 0:
        return texts(numpy.zeros(0), b"", list)
    dtype = numpy.dtype("<i8" if str(array.type).startswith("large") else "<i4")
    offsets = numpy.frombuffer(ends, dtype, len(array) + 1, array.offset * dtype.itemsize)
    view = memoryview(data) if data is not None else memoryview(b"")
    return texts(numpy.diff(offsets), view[int(offsets[0]) : int(offsets[-1])], array.to_pylist)


def _width(kind: Any, types: Any) -> int:
    """Return the bytes that a value takes, 0 where values have no fixed number of bytes."""
    fixed = (
        types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_temporal(kind)
        or types.is_decimal(kind)
        or types.is_fixed_size_binary(kind)
    )
    return kind.bit_width // 8 if fixed else 0


_RULES: dict[tuple[str, str], Callable[[Any], Branch | Leaf]] = {
    ("pyarrow", "Table"): _table,
    ("pyarrow", "RecordBatch"): _table,
    ("pyarrow", "ChunkedArray"): _array,
    ("pyarrow", "Array"): _array,
    ("pyarrow", "Scalar"): _scalar,
    ("pyarrow", "DataType"): _type,
    ("pyarrow", "Field"): _type,
    ("pyarrow", "Schema"): _type,
}
