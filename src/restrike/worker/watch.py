"""Notes where a step reads what no recipe fixes: the clock, the machine's randomness, the order of threads.

Only executions that look for a cause are watched; an ordinary one never comes here.
"""

from __future__ import annotations

import linecache
import sys
from collections import Counter
from collections.abc import Collection
from types import FrameType
from typing import Any

MOST = 50  # places that are told; a program that reads the clock everywhere is known by fewer
_PACKAGES = "site-packages/"

Place = tuple[str, int]  # a file of the project, relative to it, or of a library; and a line


class Watch:
    """Keeps the places of a step's readings and says which of them are to be fixed.

    `fix` holds kinds ("entropy", "clock", "threads"); with `only`, readings elsewhere are left as they are.
    """

    def __init__(self, project: str, fix: Collection[str], only: Collection[Place] | None):
        self._project = project.rstrip("/") + "/"
        self._fix, self._only = frozenset(fix), None if only is None else frozenset(only)
        self._seen: Counter[tuple[str, str, Place, str, str]] = Counter()

    def read(self, kind: str, what: str) -> bool:
        """Note a reading by the caller's caller; return whether it is to be fixed."""
        found = self._place()
        if found is not None:
            place, function, path = found
            key = (kind, what, place, function, path)
            if key in self._seen or len(self._seen) < MOST:
                self._seen[key] += 1
        return kind in self._fix and (self._only is None or (found is not None and found[0] in self._only))

    def document(self) -> list[dict[str, Any]]:
        """Return the places, in the order in which they were first come to."""
        return [
            {
                "kind": kind,
                "what": what,
                "file": place[0],
                "line": place[1],
                "function": function,
                "text": linecache.getline(path, place[1]).strip(),
                "times": times,
            }
            for (kind, what, place, function, path), times in self._seen.items()
        ]

    def _place(self) -> tuple[Place, str, str] | None:
        """Return the line of the project that a reading was made for, else that of a library; none for an import."""
        frame: FrameType | None = sys._getframe(3)
        library: tuple[Place, str, str] | None = None
        while frame is not None:
            path = frame.f_code.co_filename
            if path.startswith("<frozen importlib"):
                return None
            if path.startswith(self._project):
                return (path[len(self._project) :], frame.f_lineno), frame.f_code.co_name, path
            if library is None and _PACKAGES in path:
                library = (path.rpartition(_PACKAGES)[2], frame.f_lineno), frame.f_code.co_name, path
            frame = frame.f_back
        return library
