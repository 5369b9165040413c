"""`json@1`: plain JSON values as JSON text that any program reads, with types and the order of keys kept.

Unlike the canonical JSON of records, keys stay in the order in which the step made them: a consumer that iterates must
see what the producer returned. Numbers are written as Python writes them (`1.0` stays a float), NaN and infinities as
`NaN` and `Infinity`.
"""

from __future__ import annotations

import json
import math
import struct
from typing import Any

_DEEPEST = 200
_NAN = struct.pack("<d", math.nan)


def is_json(value: Any) -> bool:
    """Tell whether a value comes back from JSON exactly as it was.

    Subclasses, tuples and keys that are not text do not; nor does a list or dict that appears twice, since a consumer
    that changes the one would no longer change the other.
    """
    return _is_json(value, set(), 0)


def _is_json(value: Any, seen: set[int], depth: int) -> bool:
    kind = type(value)
    if value is None or kind is bool:
        return True
    if kind is str:
        return is_unicode(value)
    if kind is int:
        return bool(value.bit_length() < 4096)  # longer ones meet Python's limit on digits
    if kind is float:
        return not math.isnan(value) or struct.pack("<d", value) == _NAN
    if kind not in (list, dict) or depth > _DEEPEST or id(value) in seen:
        return False
    if not value:
        return True
    seen.add(id(value))
    if kind is list:
        return all(_is_json(item, seen, depth + 1) for item in value)
    return all(type(key) is str and is_unicode(key) for key in value) and all(
        _is_json(item, seen, depth + 1) for item in value.values()
    )


def is_unicode(text: str) -> bool:
    """Tell whether a text has UTF-8 bytes (one with lone surrogates has not)."""
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), check_circular=False)


def loads(data: str | bytes) -> Any:
    """Return the value of a JSON text. Raise ValueError where it is none."""
    return json.loads(data)
