"""The way out of a step that was granted hosts by name: a port of its own loopback that a proxy outside answers.

The step makes the socket, in its own network namespace, and hands it over before any of its code runs: nothing that
the step does can reach the proxy but through it.
"""

from __future__ import annotations

import contextlib
import socket
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any

from restrike.pipeline.hosts import parse
from restrike.worker import seal

HOST, PORT = "127.0.0.1", 3128
_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
_OWN = ("localhost", "127.0.0.1", "::1")  # the step's own loopback, if the list does not mean the machine's


def open_port(*, sealed: bool) -> socket.socket:
    """Return a listening socket. Outside a seal the loopback is the whole machine's, so any free port is taken."""
    return socket.create_server((HOST, PORT if sealed else 0), backlog=1024)


def variables(port: int, hosts: Sequence[str]) -> dict[str, str]:
    """Return what tells programs of the way out."""
    named = {parse(host).name for host in hosts}
    past = ",".join(name for name in _OWN if name not in named)
    return {**dict.fromkeys(_VARIABLES, f"http://{HOST}:{port}"), "NO_PROXY": past, "no_proxy": past}


class Callers:
    """The lines of the project that set out for the proxy, by the port that they set out from."""

    def __init__(self, port: int, project: str = seal.PROJECT):
        self._proxy, self._project = (HOST, port), project.rstrip("/") + "/"
        self._places: dict[int, dict[str, Any]] = {}
        sys.addaudithook(self._hear)

    def document(self) -> dict[str, dict[str, Any]]:
        return {str(port): place for port, place in self._places.items()}

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event != "socket.connect" or arguments[1] != self._proxy:
            return
        place = self._place()
        if place is not None:
            with contextlib.suppress(OSError):
                # The port is known before the connection is: bound by hand to what connecting would bind it to.
                if arguments[0].getsockname()[1] == 0:
                    arguments[0].bind((HOST, 0))
                self._places[arguments[0].getsockname()[1]] = place

    def _place(self) -> dict[str, Any] | None:
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            path = frame.f_code.co_filename
            if path.startswith(self._project):
                return {"file": path[len(self._project) :], "line": frame.f_lineno, "function": frame.f_code.co_name}
            frame = frame.f_back
        return None
