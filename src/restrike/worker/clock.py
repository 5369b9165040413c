"""The clocks as Python reads them: watched, moved, or replaced by one that only counts how often it was read.

The counting clock moves on by a millisecond with every reading: it is the same in every execution that reads it alike,
and a loop that waits for a time to come still ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import datetime
import gc
import time
from collections.abc import Callable
from typing import Any

from restrike.worker.watch import Watch

KIND = "clock"
START = 1_000_000_000_000_000_000  # nanoseconds since 1970 that the counting clock starts at: 2001-09-09
TICK = 1_000_000
_WALL = ("time", "time_ns")
_OTHERS = (
    "monotonic",
    "monotonic_ns",
    "perf_counter",
    "perf_counter_ns",
    "process_time",
    "process_time_ns",
    "thread_time",
    "thread_time_ns",
)


def tame(watch: Watch, shift: float) -> None:
    """Put the clocks under a watch, for the rest of this process; wall clocks are moved by `shift` seconds."""
    clock = _Clock(watch, shift)
    for name in (*_WALL, *_OTHERS):
        setattr(time, name, clock.reader(name))
    for name in ("localtime", "gmtime", "ctime"):
        setattr(time, name, clock.of_now(name))
    strftime, asctime = time.strftime, time.asctime

    def format_now(form: str, given: Any = None, /) -> str:
        return strftime(form, time.localtime() if given is None else given)

    def text_now(given: Any = None, /) -> str:
        return asctime(time.localtime() if given is None else given)

    time.strftime, time.asctime = format_now, text_now
    # `date.today` and `datetime.today` read `time.time`; these two read the machine's clock themselves.
    _set(datetime.datetime, "now", classmethod(clock.datetime_now))
    _set(datetime.datetime, "utcnow", classmethod(clock.datetime_utcnow))


class _Clock:
    def __init__(self, watch: Watch, shift: float):
        self._watch, self._shift = watch, int(shift * 1e9)
        self._readings = 0
        self._wall = time.time_ns

    def reader(self, name: str) -> Callable[[], float]:
        original: Callable[[], float] = getattr(time, name)
        in_nanoseconds, moved = name.endswith("_ns"), self._shift if name in _WALL else 0

        def read() -> float:
            if self._watch.read(KIND, f"time.{name}()"):
                value = self._next()
                return value if in_nanoseconds else value / 1e9
            return original() + (moved if in_nanoseconds else moved / 1e9)

        return read

    def of_now(self, name: str) -> Callable[..., Any]:
        original: Callable[..., Any] = getattr(time, name)

        def function(seconds: float | None = None, /) -> Any:
            return original(self._now(f"time.{name}()") if seconds is None else seconds)

        return function

    def datetime_now(self, cls: Any, tz: Any = None) -> Any:
        return cls.fromtimestamp(self._now("datetime.now()"), tz)

    def datetime_utcnow(self, cls: Any) -> Any:
        return cls.fromtimestamp(self._now("datetime.utcnow()"), datetime.timezone.utc).replace(tzinfo=None)

    def _now(self, what: str) -> float:
        return (self._next() if self._watch.read(KIND, what) else self._wall() + self._shift) / 1e9

    def _next(self) -> int:
        self._readings += 1
        return START + self._readings * TICK


def _set(kind: type, name: str, value: Any) -> None:
    """Replace a method of a built-in type, for all who hold the type already."""
    members = gc.get_referents(kind.__dict__)[0]
    with contextlib.suppress(TypeError):
        members[name] = value
        ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))
