"""The log of a run: what its steps printed, live to the screen and kept with the run, without any secret's value."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from restrike.execution.secrets import Secrets

LIMIT = 64 * 1024  # bytes of an unfinished line that are held back before it is written in parts
CHARACTER = 4  # bytes of one, at most


class RunLog:
    """Takes what steps print, in chunks of any size, and writes it line by line as JSON Lines."""

    def __init__(
        self, path: Path, *, secrets: Iterable[str] = (), listen: Callable[[dict[str, Any]], None] | None = None
    ):
        self.path = path
        self._secrets = Secrets(secrets)
        self._listen = listen
        self._pending: dict[tuple[str, str], bytes] = {}
        self._lock = threading.Lock()
        self._file = open(path, "a", encoding="utf-8")  # noqa: SIM115  # closed by close(), it lives as long as the run

    def write(self, step: str, stream: str, data: bytes) -> None:
        with self._lock:
            pending = self._pending.get((step, stream), b"") + data
            cut = pending.rfind(b"\n") + 1
            if not cut and len(pending) > LIMIT:
                pending = self._secrets.out_of_bytes(pending)
                cut = len(pending) - self._secrets.longest - CHARACTER
            if cut > 0:
                self._emit(step, stream, pending[:cut])
                pending = pending[cut:]
            self._pending[step, stream] = pending

    def end(self, step: str) -> None:
        """Write what a step left unfinished."""
        with self._lock:
            for stream in ("stdout", "stderr"):
                if rest := self._pending.pop((step, stream), b""):
                    self._emit(step, stream, rest)
            self._file.flush()

    def close(self) -> None:
        for step in {step for step, _ in self._pending}:
            self.end(step)
        self._file.close()

    def redacted(self, text: str) -> str:
        """Return a text without the secrets' values."""
        return self._secrets.out_of(text)

    def leaked(self, folder: Path) -> str | None:
        """Return the first name in a folder under which a secret's value would be kept."""
        return self._secrets.found_in(folder)

    def _emit(self, step: str, stream: str, data: bytes) -> None:
        entry = {"step": step, "stream": stream, "text": self.redacted(data.decode("utf-8", "replace"))}
        self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        if self._listen:
            self._listen(entry)


def read(data: bytes) -> Iterator[dict[str, Any]]:
    """Yield the entries of a log; a line cut short by a crash is left out."""
    for line in data.splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            return
