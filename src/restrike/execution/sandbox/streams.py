"""What steps print: read from pipes by one thread as it comes, and handed on in bounded pieces."""

from __future__ import annotations

import contextlib
import os
import select
import threading
from collections.abc import Callable
from dataclasses import dataclass

_PIECE = 1 << 16
_AFTERWARDS = 0.5  # seconds for what a step without a namespace of its own left in the pipes


@dataclass(frozen=True)
class _Pipe:
    number: int
    step: str
    stream: str


class Streams:
    """The pipes of all running steps. A slow `on_log` slows the steps that print; nothing is lost or piled up."""

    def __init__(self, on_log: Callable[[str, str, bytes], None]):
        self._on_log = on_log
        self._pipes: dict[int, _Pipe] = {}
        self._open: dict[int, int] = {}  # number of the work -> pipes not at their end
        self._changed = threading.Condition()
        self._epoll = select.epoll()
        self._wake, self._waker = os.pipe()
        self._epoll.register(self._wake, select.EPOLLIN)
        self._failure: BaseException | None = None
        self._thread: threading.Thread | None = None
        self._closing = False

    def open(self, number: int, step: str) -> list[int]:
        """Return the writing ends for standard output and standard error; the caller passes them on and closes them."""
        ends = []
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._read, name="restrike-log", daemon=True)
                self._thread.start()
            self._open[number] = 2
            for stream in ("stdout", "stderr"):
                reading, writing = os.pipe()
                self._pipes[reading] = _Pipe(number, step, stream)
                self._epoll.register(reading, select.EPOLLIN)
                ends.append(writing)
        return ends

    def wait(self, number: int, *, killed: bool) -> None:
        """Wait until all that a step printed has been handed on; raise what `on_log` raised.

        With `killed` false every writer is known to have ended; else survivors may hold a pipe open, and are not
        waited for.
        """
        with self._changed:
            self._changed.wait_for(lambda: not self._open.get(number) or self._failure, _AFTERWARDS if killed else None)
            self._open.pop(number, None)
            for descriptor in [end for end, pipe in self._pipes.items() if pipe.number == number]:
                self._drop(descriptor)
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        with self._changed:
            if self._closing:
                return
            self._closing = True
            thread = self._thread
        os.write(self._waker, b".")
        if thread is not None and thread is not threading.current_thread():
            thread.join()
        for descriptor in (*self._pipes, self._wake, self._waker):
            os.close(descriptor)
        self._pipes.clear()
        self._epoll.close()
        with self._changed:
            self._open.clear()
            self._changed.notify_all()

    def _read(self) -> None:
        while True:
            for descriptor, _ in self._epoll.poll():
                if descriptor == self._wake:
                    return
                self._take(descriptor)

    def _take(self, descriptor: int) -> None:
        pipe = self._pipes.get(descriptor)
        if pipe is None:
            return
        try:
            data = os.read(descriptor, _PIECE)
        except OSError:
            data = b""
        if data:
            try:
                self._on_log(pipe.step, pipe.stream, data)
            except BaseException as error:  # noqa: BLE001  # raised again in the thread that waits for the step
                self._failure = error
        with self._changed:
            if not data and descriptor in self._pipes:
                self._drop(descriptor)
                if pipe.number in self._open:
                    self._open[pipe.number] -= 1
            if not data or self._failure:
                self._changed.notify_all()

    def _drop(self, descriptor: int) -> None:
        del self._pipes[descriptor]
        with contextlib.suppress(OSError):
            self._epoll.unregister(descriptor)
        os.close(descriptor)
