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

START = 1_000_000_000_000_000_000  # nanoseconds since 1970 that the counting clock starts at: 2001-09-09
TICK = 1_000_000
ENOUGH = 1000  # readings of a timer that are looked at: they do no harm, and some loops read nothing else
_WALL = ("time", "time_ns")
_TIMERS = (
    "monotonic",
    "monotonic_ns",
    "perf_counter",
    "perf_counter_ns",
    "process_time",
    "process_time_ns",
    "thread_time",
    "thread_time_ns",
)


class Clock:
    """The clocks of `time` under a watch, for the rest of this process; that of `datetime` when it is handed in."""

    def __init__(self, watch: Watch):
        self._watch, self._shift, self._readings = watch, 0, 0
        self.changes = False
        self._wall, self._local_time = time.time_ns, time.localtime
        for name in _WALL:
            setattr(time, name, _Wall(name, self, watch, CLOCK))
        for name in _TIMERS:
            setattr(time, name, _Timer(name, self, watch, TIMER))
        for name in ("localtime", "gmtime", "ctime"):
            put(time, name, self._of_now(name))
        for name in ("clock_gettime", "clock_gettime_ns"):
            put(time, name, self._of_number(name))
        put(time, "strftime", self._format_now(time.strftime))
        put(time, "asctime", self._text_now(time.asctime))

    def obey(self, shift: float) -> None:
        """Move wall clocks by `shift` seconds, or have the clocks count that the watch wants fixed."""
        self._shift = int(shift * 1e9)
        self.changes = bool(shift) or self._watch.fixes(CLOCK)

    def told(self, name: str, value: float, *, fixed: bool) -> float:
        """Return what a clock that is changed shows in place of a value."""
        in_nanoseconds = name.endswith("_ns")
        if fixed:
            return self._next() if in_nanoseconds else self._next() / 1e9
        moved = self._shift if name in _WALL else 0
        return value + (moved if in_nanoseconds else moved / 1e9)

    def tame_datetime(self, module: Any, *, fresh: bool) -> None:
        """Put `datetime.now` and `utcnow` under the watch; `today` reads `time.time`, here as there.

        With `fresh`, nobody can have called them yet, and the interpreter remembers nothing of them.
        """
        members = _members(module.datetime)
        for name, function in (("now", self._datetime_now), ("utcnow", self._datetime_utcnow)):
            if name in members:
                members[name] = classmethod(function(module, members[name]))
        if not fresh:
            _forget_cached(module.datetime)

    def _of_number(self, name: str) -> Callable[[int], float]:
        original: Callable[[int], float] = getattr(time, name)
        wall, timer = self._watch.source(CLOCK, f"time.{name}()"), self._watch.source(TIMER, f"time.{name}()")
        like = "time_ns" if name.endswith("_ns") else "time"

        def read(number: int, /) -> float:
            is_wall = number == time.CLOCK_REALTIME
            fixed = (wall if is_wall else timer).read(sys._getframe(1).f_back)
            value = original(number)
            return self.told(like, value, fixed=fixed) if fixed or (is_wall and self._shift) else value

        return read

    def _of_now(self, name: str) -> Callable[..., Any]:
        original: Callable[..., Any] = getattr(time, name)
        source = self._watch.source(CLOCK, f"time.{name}()")

        def function(seconds: float | None = None, /) -> Any:
            if seconds is None:
                seconds = self._now(source, sys._getframe(1).f_back)
            return original() if seconds is None else original(seconds)

        return function

    def _format_now(self, original: Callable[..., str]) -> Callable[..., str]:
        source = self._watch.source(CLOCK, "time.strftime()")

        def function(form: str, given: Any = None, /) -> str:
            if given is None:
                given = self._local(source, sys._getframe(1).f_back)
            return original(form) if given is None else original(form, given)

        return function

    def _text_now(self, original: Callable[..., str]) -> Callable[..., str]:
        source = self._watch.source(CLOCK, "time.asctime()")

        def function(given: Any = None, /) -> str:
            if given is None:
                given = self._local(source, sys._getframe(1).f_back)
            return original() if given is None else original(given)

        return function

    def _datetime_now(self, module: ModuleType, original: Any) -> Callable[..., Any]:
        source = self._watch.source(CLOCK, "datetime.now()")

        def now(cls: Any, tz: Any = None) -> Any:
            seconds = self._now(source, sys._getframe().f_back)
            return original.__get__(None, cls)(tz) if seconds is None else cls.fromtimestamp(seconds, tz)

        now.__qualname__, now.__module__ = "datetime.now", "datetime"
        return now

    def _datetime_utcnow(self, module: Any, original: Any) -> Callable[..., Any]:
        source = self._watch.source(CLOCK, "datetime.utcnow()")

        def utcnow(cls: Any) -> Any:
            seconds = self._now(source, sys._getframe().f_back)
            if seconds is None:
                return original.__get__(None, cls)()
            return cls.fromtimestamp(seconds, module.timezone.utc).replace(tzinfo=None)

        utcnow.__qualname__, utcnow.__module__ = "datetime.utcnow", "datetime"
        return utcnow

    def _local(self, source: Source, frame: FrameType | None) -> Any:
        """Return the local time that a changed clock shows; None for an ordinary one."""
        seconds = self._now(source, frame)
        return None if seconds is None else self._local_time(seconds)

    def _now(self, source: Source, frame: FrameType | None) -> float | None:
        """Note a reading and return the seconds that a changed clock shows; None for an ordinary one."""
        if source.read(frame):
            return self._next() / 1e9
        return (self._wall() + self._shift) / 1e9 if self._shift else None

    def _next(self) -> int:
        self._readings += 1
        return START + self._readings * TICK


class _Wall(StandIn):
    """A wall clock whose readings are counted."""

    def __init__(self, name: str, clock: Clock, watch: Watch, kind: str):
        super().__init__(time, name, getattr(time, name))
        self._clock, self._source = clock, watch.source(kind, f"time.{name}()")

    def __call__(self) -> Any:
        return self._told(self._source.read(sys._getframe().f_back))

    def _told(self, fixed: bool) -> Any:
        value = self._function()
        return self._clock.told(self.__name__, value, fixed=fixed) if self._clock.changes else value


class _Timer(_Wall):
    """A timer whose first readings are counted."""

    _left = ENOUGH

    def __call__(self) -> Any:
        if not self._left and not self._clock.changes:
            return self._function()
        self._left = max(0, self._left - 1)
        fixed = self._source.read(sys._getframe().f_back)
        return self._told(fixed)


def _members(kind: type) -> Any:
    """Return the members of a built-in type as a dictionary that can be changed, for all who hold the type already."""
    import gc

    members = gc.get_referents(kind.__dict__)[0]
    return members if isinstance(members, dict) else {}


def _forget_cached(kind: type) -> None:
    """Have look-ups of a type's members that the interpreter remembers be made anew."""
    import ctypes

    ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))
