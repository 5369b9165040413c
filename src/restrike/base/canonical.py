"""Canonical JSON (RFC 8785), so that equal documents are equal bytes and digests mean something.

JSON has no NaN, no infinities, no negative zero, no exact integers beyond 53 bits, and RFC 8785 writes 1.0 as `1`.
Each of these would let two different configurations share a digest, so they are written as tagged strings that begin
with `!`; a text that itself begins with `!` is written with one more. `loads(dumps(value)) == value` holds with types.

Specified in docs/design/canonical-json.md.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from json.encoder import encode_basestring as _quoted  # the C function where there is one
from typing import Any

SAFE_INTEGER = 2**53 - 1


def dumps(value: Any) -> bytes:
    """Return the canonical UTF-8 bytes of a value made of dicts, lists, tuples, strings, numbers, booleans and None.

    Raise TypeError, naming the place, for anything else, for keys that are not text and for text that is not Unicode.
    """
    parts: list[str] = []
    _encode(value, (), parts.append)
    try:
        return "".join(parts).encode("utf-8")
    except UnicodeEncodeError:
        raise TypeError("$: a text in it is not Unicode text") from None


def loads(data: bytes | str) -> Any:
    """Return the value that `dumps` wrote. Raise ValueError for anything that is not JSON or holds a key twice."""
    return _untag(json.loads(data, object_pairs_hook=_unique, parse_constant=_refuse_constant))


def _encode(value: Any, place: tuple[str | int, ...], write: Callable[[str], None]) -> None:
    if value is None:
        write("null")
    elif value is True:
        write("true")
    elif value is False:
        write("false")
    elif type(value) is str:
        write(_quoted("!" + value if value.startswith("!") else value))
    elif type(value) is int:
        write(str(value) if abs(value) <= SAFE_INTEGER else f'"!int:{value}"')
    elif type(value) is float:
        write(_float(value))
    elif isinstance(value, dict):
        _object(value, place, write)
    elif isinstance(value, (list, tuple)):
        _array(value, place, write)
    else:
        raise TypeError(f"{_told(place)}: a {type(value).__name__} has no canonical JSON")


def _array(value: list[Any] | tuple[Any, ...], place: tuple[str | int, ...], write: Callable[[str], None]) -> None:
    opening = "["
    for position, item in enumerate(value):
        write(opening)
        opening = ","
        _encode(item, (*place, position), write)
    write("]" if value else "[]")


def _object(value: dict[Any, Any], place: tuple[str | int, ...], write: Callable[[str], None]) -> None:
    for key in value:
        if type(key) is not str:
            raise TypeError(f"{_told(place)}: key {key!r} is not text")
    opening = "{"
    for key in _ordered(value):
        write(f"{opening}{_quoted(key)}:")
        opening = ","
        _encode(value[key], (*place, key), write)
    write("}" if value else "{}")


def _ordered(keys: Iterable[str]) -> list[str]:
    """Return keys in order of their UTF-16 code units (RFC 8785 section 3.2.3), which is not code point order."""
    if all(key.isascii() for key in keys):
        return sorted(keys)
    return sorted(keys, key=lambda text: text.encode("utf-16-be", "surrogatepass"))


def _told(place: tuple[str | int, ...]) -> str:
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)


def _float(value: float) -> str:
    if math.isnan(value):
        return '"!nan"'
    if math.isinf(value):
        return '"!inf"' if value > 0 else '"!-inf"'
    if value == 0 and math.copysign(1.0, value) < 0:
        return '"!-0"'
    number = _ecmascript(value)
    # 1.0 and 1 are different parameters to a Python function; RFC 8785 alone would make them one.
    return f'"!float:{number}"' if value.is_integer() else number


def _ecmascript(value: float) -> str:
    """Return a finite float as ECMA-262 Number::toString prints it (RFC 8785 section 3.2.2.3)."""
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) if whole != "0" else int(exponent or 0) - (len(fraction) - len(digits))
    digits = digits.rstrip("0") or "0"
    count = len(digits)
    if digits == "0":
        return "0"
    if count <= point <= 21:
        return sign + digits + "0" * (point - count)
    if 0 < point <= 21:
        return sign + digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    power = f"e{'+' if point > 0 else '-'}{abs(point - 1)}"
    return sign + digits[0] + ("." + digits[1:] if count > 1 else "") + power


_CONSTANTS = {"!nan": math.nan, "!inf": math.inf, "!-inf": -math.inf, "!-0": -0.0}


def _untag(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("!"):
        if value.startswith("!!"):
            return value[1:]
        if value in _CONSTANTS:
            return _CONSTANTS[value]
        kind, _, number = value.partition(":")
        if kind == "!int":
            return int(number)
        if kind == "!float":
            return float(number)
        raise ValueError(f"unknown tag in {value!r}")
    if isinstance(value, list):
        return [_untag(item) for item in value]
    if isinstance(value, dict):
        return {key: _untag(item) for key, item in value.items()}
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key appears twice in one object")
    return document


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
