"""What a step asked the network for: one entry for each host and port, with how often and how many bytes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from restrike.pipeline.hosts import Host

MOST = 1000  # different hosts and ports that are told apart; what comes after them is counted together
OTHERS = "(others)"
_PAUSE = 20  # between two writings, in times that one takes
_CLIENTS = 8  # ports of the step that are kept for an entry: they lead to the line of code that asked


@dataclass(frozen=True)
class Asked:
    """A host and port that a step asked for. `bytes` are those of both directions.

    One that is not allowed was not named, or it `leads_to` an address that is not public and has to be named itself.
    `clients` are the step's own ports, the first few of them; `place` (file, line, function) is the line of the project
    that asked, where it is known.
    """

    host: str
    port: int
    times: int
    bytes: int
    allowed: bool
    leads_to: str | None = None
    clients: tuple[int, ...] = ()
    place: Mapping[str, Any] | None = None

    @property
    def address(self) -> str:
        return str(Host(self.host, self.port))


class Entry:
    """One host and port while it is counted."""

    def __init__(self, host: str, port: int, allowed: bool, lock: threading.Lock):
        self.host, self.port, self.allowed = host, port, allowed
        self.times = self.bytes = 0
        self.leads_to: str | None = None
        self.clients: list[int] = []
        self._lock = lock

    def carried(self, count: int) -> None:
        with self._lock:
            self.bytes += count

    def asked(self) -> Asked:
        return Asked(self.host, self.port, self.times, self.bytes, self.allowed, self.leads_to, tuple(self.clients))


class Record:
    """All that was asked through one proxy. Safe to use from several threads.

    `write` is called with the whole record when something is asked for, so that it outlives the process; not always, if
    that would take more than a small part of the time.
    """

    def __init__(self, write: Callable[[list[dict[str, Any]]], None]):
        self._write = write
        self._entries: dict[tuple[str, int, bool], Entry] = {}
        self._lock = threading.Lock()
        self._next = 0.0

    def note(self, host: str, port: int, client: int, *, allowed: bool = True, leads_to: str | None = None) -> Entry:
        """Count a request and return its entry."""
        with self._lock:
            key = (host, port, allowed)
            if key not in self._entries and len(self._entries) >= MOST:
                key = (OTHERS, 0, allowed)
            entry = self._entries.setdefault(key, Entry(*key, self._lock))
            entry.times += 1
            entry.leads_to = leads_to
            if len(entry.clients) < _CLIENTS:
                entry.clients.append(client)
            if time.monotonic() >= self._next:
                self._keep()
            return entry

    def keep(self) -> None:
        """Write the record as it is now."""
        with self._lock:
            self._keep()

    def _keep(self) -> None:
        started = time.monotonic()
        self._write([asdict(entry.asked()) for entry in self._entries.values()])
        ended = time.monotonic()
        self._next = ended + _PAUSE * (ended - started)


def read(documents: list[dict[str, Any]]) -> tuple[Asked, ...]:
    """Return a written record, sorted by host and port."""
    found = [Asked(**{**document, "clients": tuple(document["clients"])}) for document in documents]
    return tuple(sorted(found, key=lambda item: (item.host, item.port, not item.allowed)))


def with_places(asked: Iterable[Asked], callers: Mapping[str, Mapping[str, Any]]) -> tuple[Asked, ...]:
    """Return what was asked with the lines that asked; `callers` holds them by the step's own ports."""
    return tuple(
        replace(item, place=next((callers[str(port)] for port in item.clients if str(port) in callers), None))
        for item in asked
    )
