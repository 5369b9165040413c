"""By how much numbers differ: how many, and the largest absolute, relative and last-place distance.

All three, because each misleads alone: near zero 80,000 units in the last place may be 4e-14.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from typing import Any

_TELLING = 1_000_000  # units in the last place beyond which their number says nothing


def told(count: int, total: int, pairs: Iterable[tuple[Any, Any]] = (), width: int = 8) -> str:
    """Return "3 of 120 values differ; largest difference ..." for the differing pairs of numbers."""
    text = f"{count:,} of {total:,} values differ" if total > 1 else ""
    absolute = relative = 0.0
    places = seen = 0
    for ours, theirs in pairs:
        if not (_is_real(ours) and _is_real(theirs)):
            continue
        seen += 1
        distance = abs(float(ours) - float(theirs))
        largest = max(abs(float(ours)), abs(float(theirs)))
        absolute = max(absolute, distance)
        relative = max(relative, distance / largest if largest else 0.0)
        if isinstance(ours, float) or isinstance(theirs, float):
            places = max(places, last_places(float(ours), float(theirs), width))
    if not seen:
        return text
    word = "largest difference " if count > 1 else "difference "
    amount = f"{absolute:.3g} absolute, {relative:.3g} relative"
    if places:
        amount += f", {places:,} ulp" if places <= _TELLING else f", over {_TELLING:,} ulp"
    return f"{text}; {word}{amount}" if text else f"{word}{amount}"


def last_places(a: float, b: float, width: int = 8) -> int:
    """Return how many representable numbers of `width` bytes (8, 4 or 2) lie between two, one of them counted."""
    letters = {8: ("<d", "<Q"), 4: ("<f", "<I"), 2: ("<e", "<H")}[width]
    sign = 1 << (8 * width - 1)

    def rank(value: float) -> int:
        bits: int = struct.unpack(letters[1], struct.pack(letters[0], value))[0]
        return sign - (bits - sign) if bits & sign else sign + bits

    return abs(rank(a) - rank(b))


def _is_real(value: Any) -> bool:
    return (
        isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e308 and math.isfinite(value)
    )
