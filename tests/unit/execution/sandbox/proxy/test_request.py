"""The head and the body of a request to a proxy."""

from __future__ import annotations

import io
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restrike.execution.sandbox.proxy.request import Malformed, Request, answer, body, read


def stream(data: bytes) -> io.BufferedReader:
    return io.BufferedReader(io.BytesIO(data))  # type: ignore[arg-type]  # BytesIO is raw enough to be read from


def head(*lines: str) -> Request | None:
    return read(stream("\r\n".join([*lines, "", ""]).encode("latin-1")))


def test_a_tunnel_is_asked_for_by_host_and_port() -> None:
    assert head("CONNECT API.Example.org:443 HTTP/1.1", "Host: other.example") == Request("api.example.org", 443, True)
    assert head("CONNECT [::1]:8443 HTTP/1.1") == Request("::1", 8443, True)


def test_a_request_goes_on_as_a_host_expects_it() -> None:
    found = head(
        "POST http://API.example.org:8080/a%20b?c=d#e HTTP/1.1",
        "Host: other.example",
        "Accept: */*",
        "Proxy-Connection: keep-alive",
        "Connection: keep-alive, X-Own",
        "X-Own: 1",
        "Proxy-Authorization: Basic YWRhOnB3",
        "Authorization: Bearer t",
        "Content-Length: 3",
    )
    assert found is not None
    assert (found.host, found.port, found.tunnel, found.length) == ("api.example.org", 8080, False, 3)
    assert found.head.decode().split("\r\n") == [
        "POST /a%20b?c=d HTTP/1.1",
        "Host: api.example.org:8080",
        "Accept: */*",
        "Authorization: Bearer t",
        "Content-Length: 3",
        "Connection: close",
        "",
        "",
    ]


@pytest.mark.parametrize(
    ("url", "line", "host"),
    [
        ("http://example.org", "GET / HTTP/1.1", "example.org"),
        ("HTTP://example.org?q", "GET /?q HTTP/1.1", "example.org"),
        ("http://example.org:80/x", "GET /x HTTP/1.1", "example.org"),
        ("http://[::1]:81/", "GET / HTTP/1.1", "[::1]:81"),
    ],
)
def test_the_address_is_divided(url: str, line: str, host: str) -> None:
    found = head(f"GET {url} HTTP/1.1")
    assert found is not None
    assert found.head.decode().split("\r\n")[:2] == [line, f"Host: {host}"]


@pytest.mark.parametrize(
    "lines",
    [
        ("GET / HTTP/1.1", "Host: example.org"),
        ("GET https://example.org/ HTTP/1.1",),
        ("GET ftp://example.org/ HTTP/1.1",),
        ("CONNECT example.org HTTP/1.1",),
        ("CONNECT http://example.org:443 HTTP/1.1",),
        ("CONNECT example.org:443@evil.example:443 HTTP/1.1",),
        ("GET http://example.org@evil.example/ HTTP/1.1",),
        ("GET http://example.org\\@evil.example/ HTTP/1.1",),
        ("GET http://example.org:99999/ HTTP/1.1",),
        ("GET http:///etc HTTP/1.1",),
        ("GET  http://example.org/ HTTP/1.1",),
        ("GET http://example.org/ HTTP/2.0",),
        ("\x16\x03\x01",),
        ("GET http://example.org/ HTTP/1.1", "no field"),
        ("GET http://example.org/ HTTP/1.1", "A: 1", " folded: 2"),
        ("GET http://example.org/ HTTP/1.1", "A : 1"),
        ("GET http://example.org/ HTTP/1.1", "A: 1\nHost: evil.example"),
        ("GET http://example.org/ HTTP/1.1", "A: 1\rHost: evil.example"),
        ("POST http://example.org/ HTTP/1.1", "Content-Length: 3", "Transfer-Encoding: chunked"),
        ("POST http://example.org/ HTTP/1.1", "Content-Length: 3", "Content-Length: 4"),
        ("POST http://example.org/ HTTP/1.1", "Content-Length: +3"),
        ("POST http://example.org/ HTTP/1.1", "Content-Length: 3, 3"),
        ("POST http://example.org/ HTTP/1.1", "Transfer-Encoding: gzip, chunked"),
        ("POST http://example.org/ HTTP/1.1", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
        ("GET http://example.org/ HTTP/1.1", "A: " + "x" * 70_000),
    ],
    ids=lambda lines: lines[-1][:40],
)
def test_what_could_be_read_in_two_ways_is_refused(lines: Iterable[str]) -> None:
    with pytest.raises(Malformed):
        head(*lines)


@pytest.mark.parametrize("data", [b"GET http://a.example/ HT", b"GET http://a.example/ HTTP/1.1\r\nA: 1", b"GET\n\n"])
def test_a_head_that_ends_too_early_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        read(stream(data))


def test_nothing_is_no_request() -> None:
    assert read(stream(b"")) is None


@given(st.binary(max_size=300), st.binary(max_size=50))
def test_a_body_of_a_stated_length_ends_there(sent: bytes, next_request: bytes) -> None:
    left = stream(sent + next_request)
    assert b"".join(body(left, len(sent))) == sent
    assert left.read() == next_request


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=5), st.booleans(), st.binary(max_size=50))
def test_a_body_in_chunks_ends_with_its_last(chunks: list[bytes], trailer: bool, next_request: bytes) -> None:
    sent = b"".join(b"%X;x=y\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    sent += b"0\r\n" + (b"Digest: 1\r\n" if trailer else b"") + b"\r\n"
    left = stream(sent + next_request)
    assert b"".join(body(left, None)) == sent
    assert left.read() == next_request


def test_an_answer_says_that_the_connection_ends_with_it() -> None:
    head = b"HTTP/1.1 200 OK\r\nconnection: keep-alive\r\nA: b\r\nKeep-Alive: timeout=5\r\n\r\n"
    left = stream(b"HTTP/1.1 100 Continue\r\n\r\n" + head + b"body")
    told = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\nConnection: close\r\n\r\n"
    assert b"".join(answer(left)) == told
    assert left.read() == b"body"


def test_an_answer_without_a_head_is_left_as_it_is() -> None:
    left = stream(b"<p>of 1991\n</p>")
    assert b"".join(answer(left)) + left.read() == b"<p>of 1991\n</p>"


@pytest.mark.parametrize(
    "data", [b"HTTP/1.1 200 OK\r\nA: b", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 12_000]
)
def test_an_answer_that_ends_in_its_head_is_told(data: bytes) -> None:
    with pytest.raises(Malformed):
        list(answer(stream(data)))


@pytest.mark.parametrize(("data", "length"), [(b"ab", 3), (b"zz\r\n", None), (b"3\r\nab", None), (b"0\r\n", None)])
def test_a_body_that_ends_too_early_is_told(data: bytes, length: int | None) -> None:
    with pytest.raises(Malformed):
        list(body(stream(data), length))
