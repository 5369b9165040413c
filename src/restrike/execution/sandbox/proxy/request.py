"""Requests to a proxy: which host they are for, what is sent there, where a body ends; and the heads of answers.

Read strictly: what two readers could take differently is refused, since one of them would be the host.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader

from restrike.pipeline import hosts

LONGEST = 1 << 16  # bytes of a head
PIECE = 1 << 16
_HTTP = 80
_LINE = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP/(1\.[01])")
_FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*")
_URL = re.compile(r"(?i:http)://([^/?#]*)([^#]*)(?:#.*)?")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n]*)?\r\n")
_BETWEEN_TWO = {"connection", "proxy-connection", "keep-alive", "te", "upgrade", "host"}
_BETWEEN_TWO |= {"proxy-authorization", "proxy-authenticate"}

_OF_THE_CONNECTION = (b"connection", b"proxy-connection", b"keep-alive")


class Malformed(Exception):
    """What came is no request that a proxy can pass on; the message says why."""


@dataclass(frozen=True)
class Request:
    """A request for a host. `tunnel`: all that follows belongs to the host; else `head` is what it is sent first.

    `length` is that of the body, None for a body in chunks.
    """

    host: str
    port: int
    tunnel: bool = False
    head: bytes = b""
    length: int | None = 0

    @property
    def authority(self) -> str:
        return str(hosts.Host(self.host, self.port))


def read(stream: BufferedReader) -> Request | None:
    """Return the request at the beginning of a connection, None if nothing comes. Raise Malformed."""
    lines = _lines(stream)
    if not lines:
        return None
    first = _LINE.fullmatch(lines[0])
    if first is None:
        raise Malformed("it is no request of HTTP/1")
    method, target, version = first.groups()
    if method == "CONNECT":
        return Request(*_place(target, None), tunnel=True)
    url = _URL.fullmatch(target)
    if url is None:
        raise Malformed("a proxy is asked for whole addresses, http://HOST/PATH, or to CONNECT")
    host, port = _place(url[1], _HTTP)
    fields = [_field(line) for line in lines[1:]]
    path = url[2] if url[2].startswith("/") else "/" + url[2]
    kept = [f"{name}: {value}" for name, value in _passed_on(fields)]
    named = _named(host, port)
    head = [f"{method} {path} HTTP/{version}", f"Host: {named}", *kept, "Connection: close", "", ""]
    return Request(host, port, head="\r\n".join(head).encode("latin-1"), length=_length(fields))


def body(stream: BufferedReader, length: int | None) -> Iterator[bytes]:
    """Yield the body of a request piece by piece, as it is framed, and not a byte of what follows. Raise Malformed."""
    if length is not None:
        yield from _exactly(stream, length)
        return
    while True:
        line = stream.readline(1024)
        size = _SIZE.fullmatch(line)
        if size is None:
            raise Malformed("a chunk of the body has no size")
        yield line
        if not int(size[1], 16):
            break
        yield from _exactly(stream, int(size[1], 16) + 2)
    while (line := stream.readline(LONGEST)) != b"\r\n":
        if not line.endswith(b"\r\n"):
            raise Malformed("the body ends too early")
        yield line
    yield line


def answer(stream: BufferedReader) -> Iterator[bytes]:
    """Yield the head of an answer, interim ones before it, with the word that the connection ends with it.

    Raise Malformed where it ends too early.
    """
    interim = True
    while interim:
        first = stream.readline(LONGEST)
        if not first.startswith(b"HTTP/1."):
            yield first
            return
        lines, left = [first], LONGEST
        while (line := stream.readline(left)) not in (b"\r\n", b"\n"):
            left -= len(line)
            if not line.endswith(b"\n"):
                raise Malformed("the head of the answer ends too early, or is too long")
            if line.partition(b":")[0].lower() not in _OF_THE_CONNECTION:
                lines.append(line)
        interim = first.partition(b" ")[2].startswith(b"1")
        yield b"".join([*lines, b"" if interim else b"Connection: close\r\n", line])


def _exactly(stream: BufferedReader, count: int) -> Iterator[bytes]:
    while count:
        piece = stream.read1(min(count, PIECE))
        if not piece:
            raise Malformed("the body ends too early")
        count -= len(piece)
        yield piece


def _lines(stream: BufferedReader) -> list[str]:
    found: list[str] = []
    left = LONGEST
    while True:
        line = stream.readline(left)
        if not line and not found:
            return []
        left -= len(line)
        if not line.endswith(b"\r\n"):
            raise Malformed("its head is too long" if left <= 0 else "its head ends too early, or its lines do not")
        text = line[:-2].decode("latin-1")
        if not text:
            if found:
                return found
            continue  # an empty line before a request is allowed
        if any(sign in text for sign in "\r\n\0") or text[0] in " \t":
            raise Malformed("its head has a line that is none")
        found.append(text)


def _place(authority: str, usual: int | None) -> tuple[str, int]:
    try:
        if "@" in authority:
            raise hosts.NotAHost("holds a user's name")
        name, port = hosts.divided(authority)
        if (port := port or usual) is None:
            raise hosts.NotAHost("has no port")
        return hosts.spelled(name), port
    except hosts.NotAHost as error:
        raise Malformed(f"'{authority}' is no host and port: {error}") from None


def _named(host: str, port: int) -> str:
    """Return what the field `Host` says: never the client's own words, or it could mean another site of the server."""
    shown = f"[{host}]" if ":" in host else host
    return shown if port == _HTTP else f"{shown}:{port}"


def _field(line: str) -> tuple[str, str]:
    found = _FIELD.fullmatch(line)
    if found is None:
        raise Malformed("its head has a line that is no field")
    return found[1], found[2]


def _passed_on(fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the fields meant for the host: not those between two neighbours, nor the ones that these name."""
    named = {
        item.strip().lower() for name, value in fields if name.lower() == "connection" for item in value.split(",")
    }
    named -= {"content-length", "transfer-encoding"}
    return [(name, value) for name, value in fields if name.lower() not in _BETWEEN_TWO | named]


def _length(fields: list[tuple[str, str]]) -> int | None:
    lengths = {value for name, value in fields if name.lower() == "content-length"}
    codings = [value.lower() for name, value in fields if name.lower() == "transfer-encoding"]
    if codings:
        if codings != ["chunked"] or lengths:
            raise Malformed("it does not say where its body ends")
        return None
    if len(lengths) > 1 or not all(value.isascii() and value.isdigit() for value in lengths):
        raise Malformed("it does not say where its body ends")
    return int(lengths.pop()) if lengths else 0
