"""A proxy as a step has it, and servers of this machine for it to lead to."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import os
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from restrike.execution.sandbox.proxy import Asked, Proxy

RESET = struct.pack("ii", 1, 0)
PIECE = bytes(1 << 20)


class Pages(http.server.BaseHTTPRequestHandler):
    """`/bytes/N`: so many; `/slow/S`: after so many seconds; `/broken`: half an answer, then a reset; else the path."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        what, _, number = self.path[1:].partition("/")
        if what == "bytes":
            self._head(int(number))
            for _ in range(int(number) >> 20):
                self.wfile.write(PIECE)
        elif what == "broken":
            self._head(None)
            self.wfile.write(b"half")
            self.wfile.flush()
            time.sleep(0.2)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            os.close(self.connection.detach())
        else:
            time.sleep(float(number) if what == "slow" else 0)
            told = f"{self.path} {self.headers['Host']}".encode()
            self._head(len(told))
            self.wfile.write(told)

    def do_POST(self) -> None:
        """Return length and digest of what was sent; `/enough` answers before it has read any of it."""
        if self.path == "/enough":
            self._head(5, 413)
            self.wfile.write(b"large")
            self.close_connection = True
            return
        summary, left = hashlib.sha256(), int(self.headers["Content-Length"])
        while left and (piece := self.rfile.read1(min(left, 1 << 16))):
            summary.update(piece)
            left -= len(piece)
        told = summary.hexdigest().encode()
        self._head(len(told))
        self.wfile.write(told)

    def _head(self, length: int | None, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length)) if length is not None else self.send_header(
            "Connection", "close"
        )
        self.end_headers()

    def log_message(self, *told: Any) -> None:
        pass


class Echo(socketserver.BaseRequestHandler):
    """Returns what comes, then, after its end, how much it was: the other direction is still open."""

    def handle(self) -> None:
        count = 0
        with contextlib.suppress(ConnectionError):
            while piece := self.request.recv(1 << 16):
                count += len(piece)
                self.request.sendall(piece)
            self.request.sendall(b"=%d" % count)


class Servers(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 1024

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that went away is what many a test is about."""


@contextlib.contextmanager
def serving(handler: Any) -> Iterator[int]:
    with Servers(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def pages() -> Iterator[int]:
    with serving(Pages) as port:
        yield port


@pytest.fixture
def echo() -> Iterator[int]:
    with serving(Echo) as port:
        yield port


class Way:
    """A proxy with the port that leads to it."""

    def __init__(self, hosts: list[str]):
        with socket.create_server(("127.0.0.1", 0), backlog=1024) as listening:
            self.port: int = listening.getsockname()[1]
            self.proxy = Proxy(os.dup(listening.fileno()), hosts)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def tunnel(self, host: str) -> socket.socket:
        """Return a connection to a host through the proxy."""
        connection = self.connect()
        connection.sendall(f"CONNECT {host} HTTP/1.1\r\n\r\n".encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1) or b"(closed)\r\n\r\n"
        if b" 200 " not in head.split(b"\r\n")[0]:
            connection.close()
            raise OSError(head.split(b"\r\n")[0].decode())
        return connection

    def memory(self) -> int:
        """Return the most bytes that the proxy ever had in memory."""
        with open(f"/proc/{self.proxy.pid}/status") as stream:
            return next(int(line.split()[1]) << 10 for line in stream if line.startswith("VmHWM"))

    def stop(self) -> dict[str, Asked]:
        """Return what was asked, by address, and `!` before it where it was refused."""
        asked, whole = self.proxy.stop()
        assert whole
        return {("" if item.allowed else "!") + item.address: item for item in asked}


@pytest.fixture
def way() -> Iterator[Callable[..., Way]]:
    made: list[Way] = []

    def build(*hosts: str) -> Way:
        made.append(Way(list(hosts)))
        return made[-1]

    yield build
    for each in made:
        each.proxy.stop()
