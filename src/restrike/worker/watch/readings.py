"""Notes where a step reads what no recipe fixes: clocks, the machine's randomness, how the machine is made.

Every step is watched. Only `check` and the search for a cause, with an order, have anything changed. An ordinary watch
notes what the user's own lines read; one with an order also what libraries read for them.
"""

from __future__ import annotations

import sys

from restrike.worker.trace import places as whose
from restrike.worker.trace.places import Places
from restrike.worker.trace.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from types import FrameType
    from typing import Any

MOST = 100  # places that are told; a program that reads the clock everywhere is known by fewer
ENTROPY, CLOCK, TIMER, CORES, MACHINE, THREADS = "entropy", "clock", "timer", "cores", "machine", "threads"

Place = tuple[str, int]  # a file of the project, relative to it, or of a library; and a line
At = tuple[str, str, str, int, str]  # kind, what, file, line, function
Key = tuple[str, int, int]  # of an instruction: file, first line of its function, position


class Entry:
    """A place of a reading, and what is done there."""

    __slots__ = ("fix", "own", "times")

    def __init__(self, *, fix: bool, own: bool):
        self.times, self.fix, self.own = 0, fix, own


class Source:
    """One thing that can be read, such as `time.time()`."""

    def __init__(self, watch: Watch, kind: str, what: str):
        self._watch, self.kind, self.what = watch, kind, what
        self._known: dict[Key, Entry] = {}  # by the instruction that reads, where that alone decides

    def read(self, frame: FrameType | None) -> bool:
        """Note a reading by a frame; return whether it is to be fixed."""
        if frame is None:
            return False
        code = frame.f_code
        key = (code.co_filename, code.co_firstlineno, frame.f_lasti)
        entry = self._known.get(key)
        if entry is None:
            entry, lasting = self._watch.entry(self, frame)
            if lasting:
                self._known[key] = entry
        entry.times += 1
        return entry.fix


class Watch:
    """Keeps the places of a step's readings and says which of them are to be fixed: none, unless it is told so."""

    def __init__(self, places: Places, record: Record):
        self.places, self._record, self._everywhere = places, record, False
        self._fix: frozenset[str] = frozenset()
        self._only: frozenset[Place] | None = None
        self._entries: dict[At, Entry] = {}

    def obey(self, fix: Collection[str], only: Collection[Place] | None) -> None:
        """Look at what libraries read, too, and say what is to be fixed.

        `fix` holds kinds ("entropy", "clock", "threads"); with `only`, readings elsewhere are left as they are.
        """
        self._everywhere = True
        self._fix, self._only = frozenset(fix), None if only is None else frozenset(only)

    def source(self, kind: str, what: str) -> Source:
        return Source(self, kind, what)

    def counted(self, kind: str, what: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that notes each call as a reading, for a stand-in."""
        source = self.source(kind, what)

        def read(*positional: Any, **named: Any) -> Any:
            source.read(sys._getframe(1).f_back)
            return function(*positional, **named)

        return read

    def own_line(self, kind: str, what: str, frame: FrameType | None) -> None:
        """Note a reading if a line of the user's own did it, and nothing else between."""
        if self.places.own(frame) is not None:
            self.source(kind, what).read(frame)

    def fixes(self, kind: str) -> bool:
        return kind in self._fix or (kind == TIMER and CLOCK in self._fix)

    def entry(self, source: Source, frame: FrameType) -> tuple[Entry, bool]:
        """Return what is known of a reading, and whether the instruction that reads decides it for good."""
        kind = self.places.kind(frame.f_code.co_filename)
        if self._everywhere:
            found = self._beyond(frame)
            return self._at(source, found, own=self._own(source, frame) is not None), kind == whose.OWN
        own = self._own(source, frame)
        entry = self._at(source, own, own=True) if own is not None else Entry(fix=False, own=False)
        return entry, kind in (whose.OWN, whose.LIBRARY, whose.IMPORTING)

    def observed(self) -> list[dict[str, Any]]:
        """Return all places, in the order in which they were first come to; for those who gave an order."""
        found = {key: entry.times for key, entry in self._entries.items()}
        found = self._told_by_others("observed", self._told_by_others("reading", found))
        return [_place(CLOCK if key[0] == TIMER else key[0], key, times) for key, times in found.items()]

    def readings(self) -> list[dict[str, Any]]:
        """Return what the user's own lines read, here and in other processes of the step."""
        found = {key: entry.times for key, entry in self._entries.items() if entry.own}
        found = self._told_by_others("reading", found)
        return [_place(key[0], key, times) for key, times in found.items()]

    def _told_by_others(self, told: str, found: dict[At, int]) -> dict[At, int]:
        for kind, what, file, line, function in self._record.of(told):
            found.setdefault((str(kind), str(what), str(file), int(line), str(function)), 1)
        return found

    def _own(self, source: Source, frame: FrameType) -> FrameType | None:
        # How many workers a pool has does come out; when its threads wake does not.
        return self.places.own(frame, discreet=source.kind not in (CORES, MACHINE))

    def _at(self, source: Source, frame: FrameType | None, *, own: bool) -> Entry:
        if frame is None:
            return Entry(fix=self.fixes(source.kind) and self._only is None, own=False)
        file, line = self._named(frame.f_code.co_filename), frame.f_lineno
        key = (source.kind, source.what, file, line, frame.f_code.co_name)
        entry = self._entries.get(key)
        if entry is None:
            fix = self.fixes(source.kind) and (self._only is None or (file, line) in self._only)
            entry = Entry(fix=fix, own=own)
            if len(self._entries) < MOST:
                self._entries[key] = entry
                self._record.note("reading" if own else "observed", *key)
        entry.own = entry.own or own
        return entry

    def _beyond(self, frame: FrameType | None) -> FrameType | None:
        """Return the line of the project that a reading was made for, else that of a library; none for an import."""
        library: FrameType | None = None
        while frame is not None:
            file = frame.f_code.co_filename
            kind = self.places.kind(file)
            if kind == whose.IMPORTING:
                return None
            if kind == whose.OWN:
                return frame
            if library is None and whose.is_installed(file):
                library = frame
            frame = frame.f_back
        return library

    def _named(self, file: str) -> str:
        for folder in whose.PACKAGES:
            if folder in file:
                return file.rpartition(folder)[2]
        return self.places.relative(file)


def _place(kind: str, key: At, times: int) -> dict[str, Any]:
    _, what, file, line, function = key
    return {"kind": kind, "what": what, "file": file, "line": line, "function": function, "times": times}
