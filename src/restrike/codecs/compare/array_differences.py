"""Where two arrays of one dtype and shape differ."""

from __future__ import annotations

from typing import Any

from restrike.codecs.compare import measure
from restrike.codecs.compare.difference import Difference
from restrike.codecs.content.array_parts import packed, position
from restrike.codecs.content.parts import short

_MEASURED = 1_000_000  # differing numbers that are measured; of more, every so many-th


def between(ours: Any, theirs: Any, place: str) -> Difference:
    """Return the first differing element of two arrays that are not equal bit by bit."""
    rows = [_bytes_by_element(array) for array in (ours, theirs)]
    if rows[0].shape != rows[1].shape:
        return Difference(place, short(ours), short(theirs), "they differ in how their elements are held")
    differing = (rows[0] != rows[1]).any(axis=1).nonzero()[0]
    if not len(differing):
        return Difference(place, short(ours), short(theirs))
    first = int(differing[0])
    flat = [packed(array).reshape(-1) for array in (ours, theirs)]
    measured = differing[:: -(-len(differing) // _MEASURED)]
    pairs = zip(flat[0][measured].tolist(), flat[1][measured].tolist(), strict=True)
    width = ours.dtype.itemsize if ours.dtype.kind == "f" and ours.dtype.itemsize in (2, 4, 8) else 8
    detail = measure.told(len(differing), len(flat[0]), pairs, width)
    where = f"{place}{position(first, ours.shape)}"
    return Difference(where, short(flat[0][first].item()), short(flat[1][first].item()), detail)


def _bytes_by_element(array: Any) -> Any:
    """Return the bytes of an array, one row an element, without the padding of long doubles."""
    import numpy

    from restrike.codecs.content.array_parts import bits

    data = numpy.frombuffer(bits(packed(array)), dtype=numpy.uint8)
    return data.reshape(array.size, -1) if array.size else data.reshape(0, 1)
