"""numpy arrays, scalars and generators, and scipy's sparse matrices: dtype, shape and bits in one fixed order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from restrike.codecs.content.parts import Branch, Buffer, Leaf, qualified


def rule_for(cls: type, known: set[tuple[str, str]]) -> Callable[[Any], Branch | Leaf] | None:
    """Return the rule for a class by its bases' (package, name)."""
    if cls.__module__.partition(".")[0] == "numpy" and cls.__name__ in ("ndarray", "memmap"):
        return of_array
    return next((rule for owner, rule in _RULES.items() if owner in known), None)


def of_array(array: Any) -> Branch | Leaf:
    """Return an array whatever its memory layout: Fortran order, strides and byte order are not content."""
    dtype, shape = array.dtype, array.shape
    if dtype.names is not None:
        return _structured(array)
    if dtype.kind in "OT":
        values = array.tolist() if shape else [array.item()]
        flat = array.ravel().tolist() if len(shape) > 1 else values
        return Branch(f"array {_name(dtype)} {shape}", flat, label=lambda index: position(index, shape))
    return Leaf(f"array {_name(dtype)} {shape}", [bits(packed(array))], array)


def packed(array: Any) -> Any:
    """Return the array in C order, little-endian and without padding between fields; itself if it is so already."""
    import numpy

    return numpy.asarray(array, dtype=packed_dtype(array.dtype), order="C")


def packed_dtype(dtype: Any) -> Any:
    """Return a dtype in little-endian form without padding between fields."""
    import numpy

    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return numpy.dtype((packed_dtype(base), shape))
    if dtype.names is None:
        return dtype.newbyteorder("<")
    return numpy.dtype([(name, packed_dtype(dtype.fields[name][0])) for name in dtype.names])


def bits(array: Any) -> Buffer:
    """Return the bytes of a C-ordered array, without the padding of long doubles."""
    import numpy

    if array.nbytes == 0:
        return b""
    flat = array.reshape(-1).view(numpy.uint8)
    if array.dtype.kind in "fc" and array.dtype.itemsize in (16, 32) and numpy.finfo(array.dtype).nmant == 63:
        flat = numpy.ascontiguousarray(flat.reshape(-1, 16)[:, :10]).reshape(-1)  # x86: 80 bits in 128
    return memoryview(flat)


def position(index: int, shape: tuple[int, ...]) -> str:
    """Return the subscript of an element by its number in C order."""
    places = []
    for length in reversed(shape):
        index, place = divmod(index, length)
        places.append(str(place))
    return f"[{', '.join(reversed(places))}]" if shape else ""


def _name(dtype: Any) -> str:
    """Return the name of a dtype in little-endian form; user-defined ones have no letter of their own."""
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return f"({_name(base)}, {shape})"
    return dtype.newbyteorder("<").str if 0 <= dtype.num < 256 else f"{qualified(type(dtype))} {dtype}"


def _structured(array: Any) -> Branch:
    """Return an array of records field by field: padding between fields is not content."""
    names = array.dtype.names
    fields = [part for name in names for part in (name, array[name])]
    kind = f"records {qualified(array.dtype.type)} {array.shape}"
    return Branch(
        kind, [Branch("names", list(names)), Branch("fields", fields, "mapping", lambda i: f"[{names[i]!r}]")]
    )


def _scalar(value: Any) -> Branch | Leaf:
    import numpy

    inner = of_array(numpy.asarray(value))
    if isinstance(inner, Leaf):
        return Leaf(f"scalar {inner.kind}", inner.buffers, value)
    return Branch(f"scalar {inner.kind}", [inner])


def _dtype(value: Any) -> Branch | Leaf:
    if value.names is None:
        return Leaf("dtype", [_name(value).encode()], value)
    fields = [(name, value.fields[name][0]) for name in value.names]
    return Branch(f"dtype {qualified(value.type)}", [fields])


def _subclass(array: Any) -> Branch:
    import numpy

    return Branch(
        f"array of class {qualified(type(array))}", [numpy.asarray(array), dict(getattr(array, "__dict__", {}))]
    )


def _masked(array: Any) -> Branch:
    import numpy

    children = [array.data.view(numpy.ndarray), numpy.ma.getmaskarray(array), array.fill_value, bool(array.hardmask)]
    return Branch(
        f"masked array {qualified(type(array))}",
        children,
        label=[".data", ".mask", ".fill_value", ".hardmask"].__getitem__,
    )


def _random_state(value: Any) -> Branch:
    # The legacy generator is its state alone; the seed sequence that its constructor drew and then ignored is not.
    return Branch(
        f"generator {qualified(type(value))}", [value.get_state(legacy=False)], label=lambda _: ".get_state()"
    )


def _generator(value: Any) -> Branch:
    return Branch(f"generator {qualified(type(value))}", [value.bit_generator], label=lambda _: ".bit_generator")


def _bit_generator(value: Any) -> Branch:
    sequence = getattr(value, "seed_seq", None)
    seeds = getattr(sequence, "state", None)  # what `spawn` of the generator will give
    children = [value.state, seeds]
    return Branch(f"bit generator {qualified(type(value))}", children, label=[".state", ".seed_seq.state"].__getitem__)


def _sparse(value: Any) -> Branch:
    """Return a sparse matrix by its entries in order of row and column, duplicates added up, stored zeros kept."""
    import numpy

    entries = value.tocoo(copy=True)
    entries.sum_duplicates()
    axes = getattr(entries, "coords", None) or (entries.row, entries.col)
    order = numpy.lexsort(tuple(reversed(axes)))
    places = [axis[order].astype(numpy.int64) for axis in axes]
    children = [*places, entries.data[order]]
    labels = [*(f".tocoo().coords[{i}]" for i in range(len(places))), ".tocoo().data"]
    return Branch(f"sparse {qualified(type(value))} {tuple(value.shape)}", children, label=labels.__getitem__)


_RULES: dict[tuple[str, str], Callable[[Any], Branch | Leaf]] = {
    ("numpy", "MaskedArray"): _masked,
    ("numpy", "ndarray"): _subclass,
    ("numpy", "generic"): _scalar,
    ("numpy", "dtype"): _dtype,
    ("numpy", "RandomState"): _random_state,
    ("numpy", "Generator"): _generator,
    ("numpy", "BitGenerator"): _bit_generator,
    ("scipy", "spmatrix"): _sparse,
    ("scipy", "sparray"): _sparse,
    ("scipy", "_spbase"): _sparse,
}
