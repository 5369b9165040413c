"""The clocks as Python reads them: watched, moved, or replaced by one that only counts how often it was read.

The counting clock moves on by a millisecond with every reading: it is the same in every execution that reads it alike,
and a loop that waits for a time to come still ends.
"""

from __future__ import annotations

import sys
import time

from restrike.worker.trace.standins import StandIn, put
from restrike.worker.watch.readings import CLOCK, TIMER, Source, Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, ModuleType
    from typing import Any

KIND = CLOCK
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
ENOUGH = 1000  # readings of a timer that are looked at: they do no harm, and some loops read nothing else


def tame(watch: Watch, shift: float = 0.0) -> _Clock:
    """Put the clocks of `time` under a watch, for the rest of this process; wall clocks are moved by `shift` seconds.

    The clock returned puts that of `datetime` under the same watch.
    """
    clock = _Clock(watch, shift)
    for name in (*_WALL, *_OTHERS):
        if clock.changes:
            put(time, name, clock.reader(name))
        else:
            kind, stand_in = (CLOCK, _Wall) if name in _WALL else (TIMER, _Timer)
            setattr(time, name, stand_in(name, watch, kind))
    for name in ("localtime", "gmtime", "ctime"):
        put(time, name, clock.of_now(name))
    put(time, "clock_gettime", clock.of_number("clock_gettime"))
    put(time, "clock_gettime_ns", clock.of_number("clock_gettime_ns"))
    put(time, "strftime", clock.format_now(time.strftime))
    put(time, "asctime", clock.text_now(time.asctime))
    return clock


class _Wall(StandIn):
    """A wall clock whose readings are counted."""

    def __init__(self, name: str, watch: Watch, kind: str):
        super().__init__(time, name, getattr(time, name))
        self._source = watch.source(kind, f"time.{name}()")

    def __call__(self) -> Any:
        self._source.read(sys._getframe().f_back)
        return self._function()


class _Timer(_Wall):
    """A timer whose first readings are counted."""

    def __init__(self, name: str, watch: Watch, kind: str):
        super().__init__(name, watch, kind)
        self._left = ENOUGH

    def __call__(self) -> Any:
        if self._left:
            self._left -= 1
            self._source.read(sys._getframe().f_back)
        return self._function()


class _Clock:
    def __init__(self, watch: Watch, shift: float):
        self._watch, self._shift = watch, int(shift * 1e9)
        self.changes = bool(shift) or watch.fixes(CLOCK)
        self._readings = 0
        self._wall, self._local_time = time.time_ns, time.localtime

    def reader(self, name: str) -> Callable[[], float]:
        original: Callable[[], float] = getattr(time, name)
        in_nanoseconds, moved = name.endswith("_ns"), self._shift if name in _WALL else 0
        source = self._watch.source(CLOCK if name in _WALL else TIMER, f"time.{name}()")

        def read() -> float:
            if source.read(sys._getframe(1).f_back):
                value = self._next()
                return value if in_nanoseconds else value / 1e9
            return original() + (moved if in_nanoseconds else moved / 1e9)

        return read

    def of_number(self, name: str) -> Callable[[int], float]:
        original: Callable[[int], float] = getattr(time, name)
        wall = self._watch.source(CLOCK, f"time.{name}()")
        other = self._watch.source(TIMER, f"time.{name}()")
        per_second = 1 if name.endswith("_ns") else 1e9

        def read(number: int, /) -> float:
            source = wall if number == time.CLOCK_REALTIME else other
            if source.read(sys._getframe(1).f_back):
                return self._next() / per_second if per_second > 1 else self._next()
            moved = self._shift if source is wall else 0
            return original(number) + (moved / per_second if per_second > 1 else moved)

        return read

    def of_now(self, name: str) -> Callable[..., Any]:
        original: Callable[..., Any] = getattr(time, name)
        source = self._watch.source(CLOCK, f"time.{name}()")

        def function(seconds: float | None = None, /) -> Any:
            fixed = seconds is None and source.read(sys._getframe(1).f_back)
            if seconds is None and (fixed or self._shift):
                seconds = self._now(fixed=fixed)
            return original() if seconds is None else original(seconds)

        return function

    def format_now(self, original: Callable[..., str]) -> Callable[..., str]:
        source = self._watch.source(CLOCK, "time.strftime()")

        def function(form: str, given: Any = None, /) -> str:
            if given is None:
                given = self._local(source, sys._getframe(1).f_back)
            return original(form) if given is None else original(form, given)

        return function

    def text_now(self, original: Callable[..., str]) -> Callable[..., str]:
        source = self._watch.source(CLOCK, "time.asctime()")

        def function(given: Any = None, /) -> str:
            if given is None:
                given = self._local(source, sys._getframe(1).f_back)
            return original() if given is None else original(given)

        return function

    def _local(self, source: Source, frame: FrameType | None) -> Any:
        """Return the local time that a fixed or moved clock shows; None for an ordinary one."""
        fixed = source.read(frame)
        return self._local_time(self._now(fixed=fixed)) if fixed or self._shift else None

    def tame_datetime(self, module: ModuleType, *, fresh: bool) -> None:
        """Put `datetime.now` and `utcnow` under the watch; `today` reads `time.time`, here as there.

        With `fresh`, nobody can have called them yet, and the interpreter remembers nothing of them.
        """
        members = _members(module.datetime)
        for name in ("now", "utcnow"):
            original = members[name]
            members[name] = classmethod(self._of_datetime(name, original))
        if not fresh:
            _forget_cached(module.datetime)

    def _of_datetime(self, name: str, original: Any) -> Callable[..., Any]:
        source = self._watch.source(CLOCK, f"datetime.{name}()")

        def now(cls: Any, tz: Any = None) -> Any:
            fixed = source.read(sys._getframe().f_back)
            if not fixed and not self._shift:
                return original.__get__(None, cls)(tz)
            return cls.fromtimestamp(self._now(fixed=fixed), tz)

        def utcnow(cls: Any) -> Any:
            fixed = source.read(sys._getframe().f_back)
            if not fixed and not self._shift:
                return original.__get__(None, cls)()
            zone = sys.modules["datetime"].timezone.utc
            return cls.fromtimestamp(self._now(fixed=fixed), zone).replace(tzinfo=None)

        function = now if name == "now" else utcnow
        function.__qualname__ = f"datetime.{name}"
        function.__module__ = "datetime"
        return function

    def _now(self, *, fixed: bool) -> float:
        return (self._next() if fixed else self._wall() + self._shift) / 1e9

    def _next(self) -> int:
        self._readings += 1
        return START + self._readings * TICK


def _members(kind: type) -> Any:
    """Return the members of a built-in type as a dictionary that can be changed, for all who hold the type already."""
    import gc

    members = gc.get_referents(kind.__dict__)[0]
    return members if isinstance(members, dict) else {}


def _forget_cached(kind: type) -> None:
    """Have look-ups of a type's members that the interpreter remembers be made anew."""
    import ctypes

    ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))
