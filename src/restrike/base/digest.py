"""SHA-256 digests of bytes, files and canonical documents. A digest is 64 lower-case hexadecimal digits."""

from __future__ import annotations

import base64
import hashlib
import os
from typing import Any, BinaryIO

from restrike.base import canonical

BLOCK = 1 << 20


def of_bytes(data: bytes | memoryview) -> str:
    return hashlib.sha256(data).hexdigest()


def of_stream(stream: BinaryIO) -> tuple[str, int]:
    """Return the digest and the length in bytes of what is left in an open binary file."""
    hasher, size = hashlib.sha256(), 0
    buffer = memoryview(bytearray(BLOCK))
    while count := stream.readinto(buffer):  # type: ignore[attr-defined]  # BinaryIO does not declare it; files have it
        hasher.update(buffer[:count])
        size += count
    return hasher.hexdigest(), size


def of_file(path: str | os.PathLike[str]) -> tuple[str, int]:
    """Return the digest and the length in bytes of a file."""
    with open(path, "rb", buffering=0) as stream:
        return of_stream(stream)


def fingerprint(document: dict[str, Any]) -> str:
    """Return the digest of a document that names its format and version in `format`."""
    if "format" not in document:
        raise ValueError("a document without a format has no fingerprint")
    return of_bytes(canonical.dumps(document))


def base32(digest: str) -> str:
    """Return a digest as 52 lower-case base32 letters and digits, the form in which run IDs are shown."""
    return base64.b32encode(bytes.fromhex(digest)).decode("ascii").rstrip("=").lower()
