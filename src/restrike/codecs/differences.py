"""The first difference of two artifacts, for the verdict that says `different`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from restrike.codecs.compare import byte_differences, table_differences, values
from restrike.codecs.compare.difference import Difference
from restrike.codecs.content.walk import content_digest
from restrike.codecs.decoding import decode
from restrike.codecs.errors import CannotLoad, NoContentDigest


def differences(a_path: Path, a_codec: str, b_path: Path, b_codec: str, limit: int = 20) -> list[Difference]:
    """Return where two artifacts differ, the first place first, at most `limit` of them.

    Values are loaded, so that pickles execute code: only to be called inside the seal. What cannot be loaded, and what
    differs although its values are equal as far as can be told, is compared byte by byte.
    """
    if a_codec != b_codec:
        return [Difference("kind of artifact", a_codec, b_codec)]
    if a_codec == "folder@1":
        return byte_differences.folders(a_path, b_path, limit)
    if a_codec in ("file@1", "text@1", "bytes@1"):
        return byte_differences.files(a_path, b_path)
    try:
        found = _of_values(a_path, b_path, a_codec, limit)
    except CannotLoad as error:
        return _noted(byte_differences.files(a_path, b_path), error.what)
    return found or _noted(byte_differences.files(a_path, b_path), _harmless(a_path, a_codec))


def _of_values(a_path: Path, b_path: Path, codec: str, limit: int) -> list[Difference]:
    if codec == "table/arrow@1":
        return table_differences.between(a_path, b_path, limit)
    ours: Any = decode(a_path, codec)
    return values.between(ours, decode(b_path, codec), limit)


def _harmless(path: Path, codec: str) -> str:
    """Return why bytes may differ where values are equal."""
    note = "the values are equal, their bytes are not"
    if codec == "table/arrow@1":
        return note
    try:
        left_out = content_digest(decode(path, codec))[2]
    except NoContentDigest as error:
        return f"{error}, so values can only be told apart in part"
    return f"{note}; left out of the comparison: {', '.join(left_out)}" if left_out else note


def _noted(found: list[Difference], note: str) -> list[Difference]:
    return [Difference(item.where, item.ours, item.theirs, f"{note}; {item.detail}".rstrip("; ")) for item in found]
