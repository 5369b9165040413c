"""What the interpreter itself tells of a process: an audit hook, which nothing in it can take away again."""

from __future__ import annotations

import os
import sys

from restrike.worker.trace import places as whose
from restrike.worker.trace.places import Places
from restrike.worker.trace.record import Record
from restrike.worker.watch.readings import ENTROPY, MACHINE, Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

_CHANCE = ("/dev/urandom", "/dev/random")
_TOLD_BY_MACHINE = ("/proc/", "/sys/")
_SETTINGS = "/etc/"  # libraries look for many of them in passing; what the user's own line asks for is told
MOST = 5_000  # paths whose first line is kept: a help to people, what was asked for is known without it
_WRITES = os.O_WRONLY | os.O_RDWR
# Of the standard library: read a module's file to execute it, or what is installed, which are told by themselves.
_READERS = ("runpy", "pkgutil", "zipimport", "importlib.metadata")
_SHOWN = ("warnings", "_showwarnmsg_impl")  # shows a warning's line on the error stream; nothing comes of it


class Events:
    """Hears of everything opened, listed or executed."""

    def __init__(self, places: Places, record: Record, watch: Watch):
        self._places, self._record, self._watch = places, record, watch
        self.unwatched: tuple[str, ...] = ()  # folders whose files are of no interest
        self._opened: set[str] = set()
        self._searches = 0
        self._hostname = watch.source(MACHINE, "socket.gethostname()")
        self._handlers: dict[str, Callable[[tuple[Any, ...], FrameType | None], None]] = {
            "open": self._open,
            "exec": self._execute,
            "import": self._load,
            "os.listdir": self._list,
            "os.scandir": self._list,
            "sqlite3.connect": self._connect,
            "socket.gethostname": self._ask_name,
            "socket.connect": self._reach,
            "socket.getaddrinfo": self._look_up,
            "socket.gethostbyname": self._look_up,
            "tempfile.mkstemp": self._name_temporary,
            "tempfile.mkdtemp": self._name_temporary,
        }

    def hear(self) -> None:
        """Hear of this process for the rest of its life."""
        handlers, record = self._handlers, self._record

        def hear(event: str, given: tuple[Any, ...]) -> None:
            handler = handlers.get(event)
            if handler is None or not record.active:
                return
            try:
                handler(given, sys._getframe().f_back)
            except Exception as error:  # noqa: BLE001  # what is raised here would be raised by the user's own call
                record.note("incomplete", f"'{event}' could not be noted: {error!r}")

        sys.addaudithook(hear)

    def on(self, event: str, action: Callable[[], None]) -> None:
        """Have a function called before something is done."""
        self._handlers[event] = lambda given, frame: action()

    def _execute(self, given: tuple[Any, ...], frame: FrameType | None) -> None:
        file = given[0].co_filename
        if not file.startswith("<"):
            self._loaded(os.path.abspath(file))

    def _load(self, given: tuple[Any, ...], frame: FrameType | None) -> None:
        if isinstance(given[1], str):  # a compiled module, with its file
            self._loaded(os.path.abspath(given[1]))

    def _loaded(self, file: str) -> None:
        if file.startswith(self._places.project):
            self._record.note("module", file[len(self._places.project) :])
        elif part := whose.component(file):
            self._record.note("installed", part)
        elif not whose.is_standard(file) and not whose.is_ours(file):
            self._record.note("elsewhere", file)

    def _open(self, given: tuple[Any, ...], frame: FrameType | None) -> None:
        path = _text(given[0])
        if path is None:
            return
        if path.startswith(_CHANCE):
            self._watch.own_line(ENTROPY, path, frame)
        elif path.startswith(_TOLD_BY_MACHINE):
            self._watch.own_line(MACHINE, path, frame)
        elif path.startswith(_SETTINGS) and self._places.own(frame) is not None:
            self._see(os.path.normpath(path), frame)
        if path.startswith(self.unwatched):
            return
        path = os.path.abspath(path)
        if path in self._opened and not path.endswith(".py"):
            return
        self._see(path, frame)
        if path.endswith(".py") and path.startswith(self._places.project) and not given[2] & _WRITES:
            self._read_source(path, frame)

    def _read_source(self, path: str, frame: FrameType | None) -> None:
        reader = self._asking(frame)
        if reader is None or self._is_import(reader):
            return
        if reader.f_globals.get("__name__") in _READERS:
            return
        if reader.f_globals.get("__name__") in ("tokenize", "linecache") and _is_shown(reader):
            return
        self._record.note("source", path[len(self._places.project) :])

    def _list(self, given: tuple[Any, ...], frame: FrameType | None) -> None:
        if isinstance(given[0], int):
            path: str | None = os.readlink(f"/proc/self/fd/{given[0]}")
        else:
            path = "." if given[0] is None else _text(given[0])
        reader = self._asking(frame)
        if path is None or reader is None:
            return
        if self._is_import(reader) or reader.f_globals.get("__name__") == "importlib.metadata":
            self.search(os.path.abspath(path))
            return
        path = os.path.abspath(path)
        if (path + "/").startswith(self._places.project):
            self._record.note("listed", path[len(self._places.project) :] or ".")
        if not path.startswith(self.unwatched):
            self._see(path, frame)

    def search(self, path: str) -> None:
        """Count how often the import system lists a folder of the project: what lists it oftener is something else."""
        if (path + "/").startswith(self._places.project):
            self._searches += 1
            relative = path[len(self._places.project) :] or "."
            self._record.note("searched", relative, os.getpid(), self._searches)

    def _connect(self, given: tuple[Any, ...], frame: FrameType | None) -> None:
        path = _text(given[0])
        if path and path != ":memory:" and not path.startswith(self.unwatched):
            self._see(os.path.abspath(path.removeprefix("file:").partition("?")[0]), frame)

    def _reach(self, given: tuple[Any, ...], frame: FrameType | None) -> None:
        address = given[1]
        if isinstance(address, tuple) and len(address) >= 2:
            self._see(f"{address[0]}:{address[1]}", frame)

    def _look_up(self, given: tuple[Any, ...], frame: FrameType | None) -> None:
        name = _text(given[0])
        if name:
            self._see(f"{name}:{given[1] if len(given) > 1 and given[1] else ''}", frame)

    def _see(self, path: str, frame: FrameType | None) -> None:
        """Note the first line of the user's that a path, or an address (`host:port`), was asked for by."""
        if path in self._opened or len(self._opened) >= MOST:
            return
        user = self._places.nearest(frame)
        if user is not None:
            self._opened.add(path)
            file = self._places.relative(user.f_code.co_filename)
            self._record.note("opened", path, file, user.f_lineno, user.f_code.co_name)

    def _ask_name(self, given: tuple[Any, ...], frame: FrameType | None) -> None:
        if self._places.own(frame) is not None:
            self._hostname.read(frame)

    def _name_temporary(self, given: tuple[Any, ...], frame: FrameType | None) -> None:
        path = _text(given[0])
        if path is not None and len(self._opened) < MOST:
            self._opened.add(path)
            self._record.note("temporary", os.path.abspath(path))

    def _asking(self, frame: FrameType | None) -> FrameType | None:
        """Return the innermost frame that is not one of ours."""
        while frame is not None and self._places.kind(frame.f_code.co_filename) == whose.OURS:
            frame = frame.f_back
        return frame

    def _is_import(self, frame: FrameType) -> bool:
        return self._places.kind(frame.f_code.co_filename) == whose.IMPORTING


def _text(path: Any) -> str | None:
    if isinstance(path, str):
        return path
    return os.fsdecode(path) if isinstance(path, bytes) else None


def _is_shown(frame: FrameType | None) -> bool:
    for _ in range(12):
        if frame is None:
            return False
        if (frame.f_globals.get("__name__"), frame.f_code.co_name) == _SHOWN:
            return True
        frame = frame.f_back
    return False
