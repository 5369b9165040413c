"""Whose code a frame is: the user's own, the standard library's, another library's, ours."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # `typing` takes longer to import than all of this
if TYPE_CHECKING:
    from types import FrameType

OWN, STANDARD, DISCREET, LIBRARY, IMPORTING, OURS, TEXT = range(7)
PACKAGES = ("/site-packages/", "/dist-packages/")
_WORKER = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + "/"
_ENGINE = os.path.dirname(os.path.dirname(_WORKER)) + "/"
_STANDARD = os.path.dirname(os.__file__) + "/"
# Of the standard library: what these read of clock and chance never comes out, but for the names of temporary files,
# which are told by themselves.
_DISCREET = (
    "logging/",
    "threading.py",
    "queue.py",
    "concurrent/",
    "subprocess.py",
    "tempfile.py",
    "multiprocessing/",
    "asyncio/",
)


class Places:
    """Knows a project, and so whose line reads or opens something."""

    def __init__(self) -> None:
        self.project = "\0"  # none yet
        self._is_program = False
        self._kinds: dict[str, int] = {}

    def begin(self, project: str, *, is_program: bool) -> None:
        """Learn where the project is. A step's own process is no program: its main module is the zygote's."""
        self.project, self._is_program = project.rstrip("/") + "/", is_program

    def kind(self, file: str) -> int:
        """Return whose code a file holds, by the name that its code objects have."""
        found = self._kinds.get(file)
        if found is None:
            found = self._kinds[file] = self._kind(file)
        return found

    def _kind(self, file: str) -> int:
        if file.startswith("<"):
            if file.startswith(("<frozen importlib", "<frozen zipimport")):
                return IMPORTING
            return STANDARD if file.startswith("<frozen ") else TEXT
        if file.startswith(_WORKER):
            return OURS
        if file.startswith(self.project):
            return OWN
        if is_installed(file):
            return LIBRARY
        if file.startswith(_STANDARD):
            return DISCREET if file[len(_STANDARD) :].startswith(_DISCREET) else STANDARD
        return LIBRARY

    def own(self, frame: FrameType | None, *, discreet: bool = True) -> FrameType | None:
        """Return the innermost frame outside the standard library, if it is the user's own; else None.

        Without `discreet`, modules of the standard library that keep such things to themselves are passed over, too.
        """
        while frame is not None:
            kind = self.kind(frame.f_code.co_filename)
            if kind == OWN:
                return frame
            if kind in (LIBRARY, IMPORTING) or (kind == DISCREET and discreet):
                return None
            if kind == TEXT and self._is_program and frame.f_globals.get("__name__") == "__main__":
                return frame  # `python -c`
            frame = frame.f_back
        return None

    def nearest(self, frame: FrameType | None) -> FrameType | None:
        """Return the innermost frame that is the user's own, whatever it called; None within an import."""
        while frame is not None:
            kind = self.kind(frame.f_code.co_filename)
            if kind == OWN:
                return frame
            if kind == IMPORTING:
                return None
            frame = frame.f_back
        return None

    def relative(self, file: str) -> str:
        """Return a file's name for people: relative to the project where it is one of its files."""
        return file[len(self.project) :] if file.startswith(self.project) else file


def is_installed(file: str) -> bool:
    return PACKAGES[0] in file or PACKAGES[1] in file


def component(file: str) -> str | None:
    """Return the first component of an installed file's path below the folder that packages are installed in."""
    for folder in PACKAGES:
        _, found, rest = file.rpartition(folder) if folder in file else ("", "", "")
        if found:
            return rest.partition("/")[0]
    return None


def is_standard(file: str) -> bool:
    return file.startswith((_STANDARD, "<frozen ")) and not is_installed(file)


def is_ours(file: str) -> bool:
    """Tell whether a file is of the engine, of which this is a part."""
    return file.startswith(_ENGINE)
