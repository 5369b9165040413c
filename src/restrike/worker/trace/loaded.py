"""What a process has loaded: modules, and the shared libraries mapped into its memory."""

from __future__ import annotations

import os
import sys

from restrike.worker.trace import places as whose
from restrike.worker.trace.native import Linked, mapped
from restrike.worker.trace.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_PLACES_OF_OWN = ("/dev/", "/proc/", "/tmp/", "/outputs/", "/inputs/", "/home/restrike/", "/memfd:")


class Loaded:
    """What was there before: modules and libraries of a zygote, told once for all steps forked from it."""

    def __init__(self, record: Record, bare: set[str]):
        note_modules(record, list(sys.modules), "\0")
        self._last = next(reversed(sys.modules))
        note_libraries(record, mapped() - bare, "\0")
        self._linked = Linked()

    def note_rest(self, record: Record, project: str) -> None:
        """Note what this process has loaded beyond that."""
        note_modules(record, self._later(), project)
        note_libraries(record, self._linked.later(), project)

    def _later(self) -> list[str]:
        """Return the modules that came after; a look at each one that was there before would copy its memory."""
        names = []
        for name in reversed(sys.modules):
            if name == self._last:
                break
            names.append(name)
        return names


def note_modules(record: Record, names: Iterable[str], project: str) -> None:
    """Note the files of modules: the project's by path, installed ones by the package's folder."""
    for name in names:
        members = getattr(sys.modules.get(name), "__dict__", None)
        file = members.get("__file__") if isinstance(members, dict) else None
        if not isinstance(file, str):
            continue
        if file.startswith(project):
            record.note("module", file[len(project) :])
        elif part := whose.component(file):
            record.note("installed", part)


def note_libraries(record: Record, files: Iterable[str], project: str) -> None:
    """Note shared libraries: installed ones by the package's folder, those of the machine by path."""
    for file in map(os.path.normpath, files):  # a library of a library is found by a path relative to that one
        if part := whose.component(file):
            record.note("installed", part)
        elif not file.startswith((*_PLACES_OF_OWN, project)) and not whose.is_standard(file):
            record.note("library", file)
