"""A zygote as the controller sees it: started once, given work, heard through its warden."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import restrike
from restrike.execution.sandbox.errors import SandboxFailed
from restrike.worker import wire

_START_SECONDS = 600.0  # a preload list can take long on a cold disk, or under an emulator
_WARDEN = "import sys; sys.path.insert(0, sys.argv[1]); from restrike.execution.sandbox import warden; warden.main()"
_PACKAGE = str(Path(restrike.__file__).parents[1])

Heard = Callable[[dict[str, Any], list[int]], None]


class Unsealed(Exception):
    """The machine does not let this user open namespaces; the message says what was refused."""


class Link:
    """The socket to a warden and its process. `on_message` is called from a thread of its own; `on_end` once, last."""

    def __init__(
        self, warden: dict[str, Any], zygote: dict[str, Any], on_message: Heard, on_end: Callable[[Link], None]
    ):
        self.ended = False
        self._send_lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._report = wire.memory_file()
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process = _start(theirs, self._report)
        theirs.close()
        orders = [wire.memory_file(warden), wire.memory_file(zygote)]
        try:
            self._send({"start": wire.PROTOCOL}, orders)
            self.ready = self._first_message()
        except BaseException:
            self.stop()
            raise
        finally:
            for descriptor in orders:
                os.close(descriptor)
        self._on_message, self._on_end = on_message, on_end
        self._thread = threading.Thread(target=self._listen, name="restrike-sandbox", daemon=True)
        self._thread.start()

    def execute(self, number: int, descriptors: list[int]) -> None:
        self._send({"do": "execute", "work": number}, descriptors)

    def kill(self, number: int) -> None:
        with contextlib.suppress(OSError):
            self._send({"do": "kill", "work": number})

    def stop(self) -> None:
        """End the warden, its zygote and every process of theirs; return when they have ended."""
        with contextlib.suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGKILL)  # the zygote goes with it, by its parent death signal
            self._process.wait()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        with self._send_lock:
            self._channel.close()
            if self._report >= 0:
                os.close(self._report)
                self._report = -1

    def _send(self, message: dict[str, Any], descriptors: list[int] | None = None) -> None:
        with self._send_lock:
            wire.send(self._channel, message, descriptors or [])

    def _first_message(self) -> dict[str, Any]:
        self._channel.settimeout(_START_SECONDS)
        try:
            received = wire.receive(self._channel)
        except TimeoutError:
            received = None
        self._channel.settimeout(None)
        if received is None:
            raise SandboxFailed(
                "the environment's Python could not be started inside the seal",
                hint="restrike env show",
                details=tuple(self._complaint()),
            )
        if "unsealed" in received[0]:
            raise Unsealed(received[0]["unsealed"])
        return received[0]

    def _complaint(self) -> list[str]:
        size = os.fstat(self._report).st_size
        return os.pread(self._report, 1 << 16, max(0, size - (1 << 16))).decode("utf-8", "replace").splitlines()[-12:]

    def _listen(self) -> None:
        try:
            while received := wire.receive(self._channel):
                self._on_message(*received)
        except OSError:
            pass  # stopped
        finally:
            self.ended = True
            self._on_end(self)


def _start(theirs: socket.socket, report: int) -> subprocess.Popen[bytes]:
    # Descriptor 3 by a shell-free route: Popen keeps numbers, so the warden's end is moved there first by the child.
    command = [sys.executable, "-I", "-S", "-c", f"import os; os.dup2({theirs.fileno()}, 3); {_WARDEN}", _PACKAGE]
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=report,
        pass_fds=(theirs.fileno(),),
        start_new_session=True,  # Ctrl-C is the controller's to answer
        env={"LC_ALL": "C.UTF-8"},
        cwd="/",
    )
