"""The process that answers a step's requests for hosts: two threads a connection, no more than a piece of it in memory.

A connection that is not carried to its end ends in a reset, on both sides, whatever stops it: half an answer must not
look like a whole one.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import select
import socket
import struct
import threading
import time
from collections.abc import Sequence
from io import BufferedReader
from typing import NoReturn

from restrike.execution.sandbox.proxy import reach, request
from restrike.execution.sandbox.proxy.record import Entry, Record
from restrike.execution.sandbox.proxy.request import PIECE, Malformed, Request
from restrike.pipeline.hosts import Host, parse
from restrike.worker import wire

MOST = 512  # connections at a time; more wait for their turn
_HEAD_SECONDS = 60.0
_libc = ctypes.CDLL(None)
_ABORT, _ORDERLY = struct.pack("ii", 1, 0), struct.pack("ii", 0, 0)


def main(order: int, listener: int, control: int, report: int) -> NoReturn:
    """Serve until the other end of `control` is closed, then leave the record in `report` and end."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    hosts = [parse(text) for text in wire.read(order)]
    record = Record(lambda document: wire.write(report, document))
    record.keep()
    Server(socket.socket(fileno=listener), hosts, record).serve(until=control)
    record.keep()
    os._exit(0)


class Server:
    """Answers on a listening socket."""

    def __init__(self, listener: socket.socket, hosts: Sequence[Host], record: Record):
        self._listener, self._hosts, self._record = listener, hosts, record
        self._free = threading.Semaphore(MOST)

    def serve(self, *, until: int) -> None:
        """Accept connections until a descriptor can be read or is closed."""
        poll = select.poll()
        poll.register(self._listener, select.POLLIN)
        poll.register(until, select.POLLIN)
        self._listener.setblocking(False)
        while True:
            ready = {descriptor for descriptor, _ in poll.poll()}
            if until in ready:
                return
            if self._free.acquire(timeout=0.1):
                self._accept()

    def _accept(self) -> None:
        try:
            client, address = self._listener.accept()
        except OSError:
            self._free.release()  # the client has gone, or descriptors are short: what waits is asked for again
            time.sleep(0.01)
            return
        client.setblocking(True)
        threading.Thread(target=self._serve, args=(client, address[1]), daemon=True).start()

    def _serve(self, client: socket.socket, port: int) -> None:
        try:
            _abort_unless_told(client)
            with client, contextlib.suppress(OSError):
                self._answer(client, port)
        finally:
            self._free.release()

    def _answer(self, client: socket.socket, port: int) -> None:
        stream = client.makefile("rb")
        client.settimeout(_HEAD_SECONDS)
        try:
            asked = request.read(stream)
        except Malformed as error:
            _tell(client, f"400 {error}")
            return
        client.settimeout(None)
        if asked is None or (server := self._reached(client, port, asked)) is None:
            return
        with server:
            _abort_unless_told(server)
            _Exchange(client, stream, server, asked, self._record.note(asked.host, asked.port, port)).carry()

    def _reached(self, client: socket.socket, port: int, asked: Request) -> socket.socket | None:
        """Return a connection to the host that was asked for; None if the client was told that there is none."""
        try:
            return reach.connect(self._hosts, asked.host, asked.port)
        except reach.Refused as error:
            self._record.note(asked.host, asked.port, port, allowed=False, leads_to=error.leads_to)
            _tell(client, f"403 {asked.authority} {error}")
        except reach.Unreachable as error:
            self._record.note(asked.host, asked.port, port)
            _tell(client, f"502 {asked.authority} cannot be reached: {error}")
        return None


class _Exchange:
    """A request and its answer, or a tunnel, between a client and a server."""

    def __init__(
        self, client: socket.socket, stream: BufferedReader, server: socket.socket, asked: Request, entry: Entry
    ):
        self._client, self._stream, self._server = client, stream, server
        self._asked, self._entry = asked, entry
        self._broken = False

    def carry(self) -> None:
        """Carry both directions to their ends."""
        if self._asked.tunnel:
            self._client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            self._send(self._server, self._asked.head)
        up = threading.Thread(target=self._up, daemon=True)
        up.start()
        self._down()
        up.join()
        if not self._broken:
            for end in (self._client, self._server):
                _end_orderly(end)

    def _down(self) -> None:
        """Carry from the server to the client."""
        stream = self._server.makefile("rb")
        try:
            for head in () if self._asked.tunnel else request.answer(stream):
                self._send(self._client, head)
            while piece := stream.read1(PIECE):
                self._send(self._client, piece)
            self._no_more(self._client)
        except (OSError, Malformed):
            self._break()

    def _up(self) -> None:
        """Carry from the client to the server."""
        try:
            if self._asked.tunnel:
                while piece := self._stream.read1(PIECE):
                    self._send(self._server, piece)
                self._no_more(self._server)
            else:
                self._body()
        except (OSError, Malformed):
            self._break()

    def _body(self) -> None:
        """Carry a request's body. A server that has heard enough may close before its end; the client may still write.

        Nothing follows: the answer says that the connection ends with it, and a next request may be for another host.
        """
        heard = True
        for piece in request.body(self._stream, self._asked.length):
            if heard:
                try:
                    self._send(self._server, piece)
                except OSError:
                    heard = False
        if self._stream.read1(1):
            self._break()

    def _send(self, end: socket.socket, data: bytes) -> None:
        end.sendall(data)
        self._entry.carried(len(data))

    def _no_more(self, end: socket.socket) -> None:
        if not self._broken:  # else what seemed to be an end was made by breaking the connection
            end.shutdown(socket.SHUT_WR)

    def _break(self) -> None:
        self._broken = True
        for end in (self._client, self._server):
            _reset(end)


def _abort_unless_told(end: socket.socket) -> None:
    """Have a connection end in a reset when it is closed, by us or, if we are killed, by the kernel."""
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _reset(end: socket.socket) -> None:
    """Reset a connection at once, also while another thread waits on it: connect it to nowhere."""
    if _libc.connect(end.fileno(), bytes(16), 16) != 0:
        with contextlib.suppress(OSError):  # a kernel that refuses while somebody waits; then it only ends
            end.shutdown(socket.SHUT_RDWR)


def _end_orderly(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ORDERLY)


def _tell(client: socket.socket, status: str) -> None:
    """Answer with a status of the proxy's own; its words are in the answer's first line, where clients show them."""
    text = f"restrike: {status[4:]}\n".encode("latin-1", "replace")
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\nConnection: close\r\n\r\n"
    _end_orderly(client)
    client.sendall(head.encode("latin-1", "replace") + text)
    client.shutdown(socket.SHUT_WR)
    client.settimeout(1.0)
    while client.recv(PIECE):  # what was still on its way: closing on it would take the answer back
        pass
