"""What happens while a command works, told on standard error.

On a terminal a small live picture appears once the work has taken over a second and vanishes at the end. Elsewhere
the same is told in plain lines. Steps' own output is passed on in both, each line after the step's name.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from typing import Protocol

from restrike.cli.events import Event, Progress
from restrike.cli.options import Options

TOLD = ("executed", "failed", "skipped")  # states worth a plain line; reused steps are in the answer


class Teller(Protocol):
    """Shows events to the user until closed."""

    def line(self, text: str, kind: str, step: str = "") -> None: ...
    def state(self, event: Event) -> None: ...
    def close(self) -> None: ...


@contextlib.contextmanager
def told(options: Options) -> Iterator[Progress]:
    """Yield the function that the API reports its progress to; it may be called from several threads."""
    if options.quiet:
        yield lambda event: None
        return
    teller: Teller
    if sys.stderr.isatty() and not options.debug:
        from restrike.cli.live import LiveTeller

        teller = LiveTeller(colours=options.colours(sys.stderr))
    else:
        teller = PlainTeller()
    reporter = Reporter(teller)
    try:
        yield reporter
    finally:
        reporter.close()


class Reporter:
    """Sorts events: whole lines of logs, notes, and states of steps and phases."""

    def __init__(self, teller: Teller):
        self._teller = teller
        self._unfinished: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        with self._lock:
            match event["event"]:
                case "log":
                    self._log(event["step"], event["stream"], event["text"])
                case "note" | "warning" as kind:
                    self._teller.line(event["text"], kind)
                case "step":
                    if event["state"] != "started":
                        self._finish_lines(event["step"])
                    self._teller.state(event)
                case _:
                    self._teller.state(event)

    def close(self) -> None:
        with self._lock:
            for step, _ in list(self._unfinished):
                self._finish_lines(step)
            self._teller.close()

    def _log(self, step: str, stream: str, text: str) -> None:
        *lines, rest = (self._unfinished.pop((step, stream), "") + text).split("\n")
        for line in lines:
            self._teller.line(_last_drawn(line), stream, step)
        if rest:
            self._unfinished[step, stream] = rest

    def _finish_lines(self, step: str) -> None:
        for key in [key for key in self._unfinished if key[0] == step]:
            self._teller.line(_last_drawn(self._unfinished.pop(key)), key[1], step)


def _last_drawn(line: str) -> str:
    """Return what a line looks like after a progress bar has overwritten it."""
    return line.rstrip("\r").rpartition("\r")[2]


class PlainTeller:
    """Tells in lines, for logs and pipes."""

    def __init__(self) -> None:
        self._phase = ""

    def line(self, text: str, kind: str, step: str = "") -> None:
        _write(f"{step} | {text}" if step else f"{kind}: {text}")

    def state(self, event: Event) -> None:
        if event["event"] == "phase" and event["text"] != self._phase:
            self._phase = event["text"]
            _write(f"{self._phase} ...")
        elif event["event"] == "step" and event["state"] in TOLD:
            seconds = event.get("seconds") if event["state"] != "skipped" else None
            _write(f"{event['step']}: {event['state']}" + (f" ({seconds:.1f} s)" if seconds is not None else ""))

    def close(self) -> None:
        pass


def _write(text: str) -> None:
    # why: a closed standard error must not stop the work itself.
    with contextlib.suppress(OSError, ValueError):
        print(text, file=sys.stderr, flush=True)
