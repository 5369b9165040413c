"""Scalars by type and bits. Each token begins with a letter of its own and tells its own length."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from typing import Any

_LONG = 1 << 12  # longer texts are kept as a digest while the walk goes on


def _integer(value: int) -> bytes:
    data = value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)
    return b"i" + len(data).to_bytes(4, "little") + data


def _float(value: float) -> bytes:
    return b"f" + struct.pack("<d", value)


def _complex(value: complex) -> bytes:
    return b"c" + struct.pack("<dd", value.real, value.imag)


def _text(value: str) -> bytes:
    return _sized(b"s", value.encode("utf-8", "surrogatepass"))


def _bytes(value: bytes) -> bytes:
    return _sized(b"b", value)


def _sized(letter: bytes, data: bytes) -> bytes:
    if len(data) > _LONG:
        return letter.upper() + len(data).to_bytes(8, "little") + hashlib.sha256(data).digest()
    return letter + len(data).to_bytes(4, "little") + data


SCALARS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda _: b"N",
    bool: lambda value: b"1" if value else b"0",
    int: _integer,
    float: _float,
    complex: _complex,
    str: _text,
    bytes: _bytes,
    type(Ellipsis): lambda _: b"E",
}
