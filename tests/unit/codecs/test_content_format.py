"""The content digest as docs/design/content-digest.md specifies it, written a second time from that page."""

from __future__ import annotations

import hashlib
import struct
from typing import Any

import numpy as np
import pytest

from restrike.codecs import content_digest


def sized(data: bytes) -> bytes:
    return len(data).to_bytes(4, "little") + data


def hashed(order: str, kind: str, tokens: list[bytes]) -> bytes:
    return b"#" + hashlib.sha256(sized(f"{order} {len(tokens)} {kind}".encode()) + b"".join(tokens)).digest()


def leaf(kind: str, *buffers: bytes) -> bytes:
    content = b"".join(len(buffer).to_bytes(8, "little") + buffer for buffer in buffers)
    return b"#" + hashlib.sha256(sized(f"leaf {len(buffers)} {kind}".encode()) + content).digest()


def token(value: Any, *, ordered: bool) -> bytes:
    if value is None or value is True or value is False:
        return {None: b"N", True: b"1", False: b"0"}[value]
    if type(value) is int:
        return b"i" + sized(value.to_bytes(abs(value).bit_length() // 8 + 1, "big", signed=True))
    if type(value) is float:
        return b"f" + struct.pack("<d", value)
    if type(value) is str:
        data = value.encode()
        return (
            b"s" + sized(data)
            if len(data) <= 4096
            else b"S" + struct.pack("<Q", len(data)) + hashlib.sha256(data).digest()
        )
    if type(value) is list and len(value) >= 16 and {type(item) for item in value} == {float}:
        return leaf("list of float", struct.pack(f"<{len(value)}d", *value))
    if type(value) is list:
        return hashed("seq", "list", [token(item, ordered=ordered) for item in value])
    if type(value) is set:
        return hashed("set", "set", sorted(token(item, ordered=ordered) for item in value))
    if type(value) is np.ndarray:
        return leaf(f"array {value.dtype.str} {value.shape}", value.tobytes())
    pairs = [(token(key, ordered=ordered), token(item, ordered=ordered)) for key, item in value.items()]
    return hashed("map", "dict", [part for pair in (pairs if ordered else sorted(pairs)) for part in pair])


@pytest.mark.parametrize(
    "value",
    [
        {"b": [1, -128, 128, -129, 2**70, 2.5, None, True], "a": {"x", "y"}, "c": {}},
        ["ü" * 5000, "", [0.5] * 20, {1: [], "z": {"y": 1, "x": 2}}],
        {"array": np.arange(6.0).reshape(2, 3)},
        -0.0,
    ],
)
def test_the_page_says_it_all(value: Any) -> None:
    expected = [
        hashlib.sha256(b"restrike.content/1\0" + token(value, ordered=ordered)).hexdigest() for ordered in (False, True)
    ]
    assert list(content_digest(value)[:2]) == expected


def test_the_format_is_frozen() -> None:
    value = {"weights": np.arange(4, dtype="<i4"), "names": ["a", "b"], "rate": 0.1}
    assert content_digest(value)[0] == "d716b7584bc10756aaaa060742f330e1cbaf8828b3ef00d1236d1dd2effbb1f9"
