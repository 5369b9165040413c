"""`array/npy@1` and `scalar/npy@1`: numpy's own .npy format, version 1.0, in one canonical form.

Always C order and little-endian, so that equal arrays are equal bytes; a consumer is given the same memory layout in
every execution, whatever the producer's was. The header is written here because numpy's padding varies by version.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

MAGIC = b"\x93NUMPY\x01\x00"


def is_storable(value: Any) -> bool:
    """Tell whether an array or scalar comes back from .npy as it was: a plain ndarray without Python objects."""
    import numpy

    if isinstance(value, numpy.ndarray):
        plain = type(value) in (numpy.ndarray, numpy.memmap) and value.dtype.type is not numpy.record
    else:
        plain = isinstance(value, numpy.generic) and type(value) is value.dtype.type and value.dtype.names is None
    return (
        plain and not value.dtype.hasobject and 0 <= value.dtype.num < 256 and _header(value, value.shape) is not None
    )


def write(value: Any, path: Path) -> None:
    import numpy

    from restrike.codecs.content.array_parts import packed

    array = packed(numpy.asarray(value))
    header = _header(array, array.shape)
    assert header is not None  # is_storable has seen to it
    with open(path, "wb") as stream:
        stream.write(header)
        if array.nbytes:
            stream.write(memoryview(array.reshape(-1).view(numpy.uint8)))


def read(path: Path, *, scalar: bool = False) -> Any:
    """Return a writable array, or the scalar."""
    import numpy

    array = numpy.load(os.fspath(path), allow_pickle=False)
    return array[()] if scalar else array


def _header(array: Any, shape: tuple[int, ...]) -> bytes | None:
    import numpy

    from restrike.codecs.content.array_parts import packed_dtype

    description = numpy.lib.format.dtype_to_descr(packed_dtype(array.dtype))
    text = f"{{'descr': {description!r}, 'fortran_order': False, 'shape': {shape!r}, }}"
    try:
        body = text.encode("latin1")
    except UnicodeEncodeError:
        return None
    length = -(-(len(MAGIC) + 2 + len(body) + 1) // 64) * 64 - len(MAGIC) - 2
    if length > 0xFFFF:
        return None
    return MAGIC + length.to_bytes(2, "little") + body.ljust(length - 1) + b"\n"
