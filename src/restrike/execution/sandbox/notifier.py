"""A step's look-ups as the kernel tells them: read the name, note whether it is there, let the call go on."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import socket
import struct
from collections import Counter

from restrike.execution.sandbox import programs
from restrike.worker.filter import LOOKUPS

_RECEIVE, _SEND, _SET_FLAGS = 0xC0502100, 0xC0182101, 0x40082104
_NOTIFICATION = struct.Struct("=QIIiIQ6Q")
_RESPONSE = struct.Struct("=QqiI")
_EMPTY = bytes(_NOTIFICATION.size)
_CONTINUE, _SYNCHRONOUS_WAKE_UP = 1, 1
_HERE = 0xFFFFFF9C  # AT_FDCWD in the low 32 bits
_BY_FOLDER = frozenset(
    (
        *("openat", "openat2", "execveat", "newfstatat", "statx", "faccessat", "faccessat2", "readlinkat"),
        *("renameat", "renameat2", "linkat", "mkdirat"),  # of two names, the first: what the second holds is lost
    )
)
MOST = 50_000  # different names a step may ask for before we stop noting more
_ENVIRONMENT = "/env/bin/"  # a program that is not there today, but may come with a package
_MAPPED = b"\0" * 10 + b"\xff\xff"  # how an address of version 6 begins that stands for one of version 4
_RANK = {"stat": 0, "open": 1, "write": 2, "update": 3, "exec": 4, "connect": 5}


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class Memory:
    """Another process's memory."""

    def __init__(self) -> None:
        self._call = ctypes.CDLL(None, use_errno=True).process_vm_readv
        self._buffer = ctypes.create_string_buffer(4096)
        self._view = memoryview(self._buffer).cast("B")
        self._local, self._remote = _Vector(ctypes.addressof(self._buffer), 0), _Vector(0, 0)
        self._references = ctypes.byref(self._local), ctypes.byref(self._remote)

    def read(self, pid: int, address: int, length: int) -> bytes:
        """Return up to `length` bytes (at most 4096), fewer where the memory ends."""
        self._local.length = self._remote.length = length
        self._remote.base = address
        local, remote = self._references
        count = self._call(pid, local, 1, remote, 1, 0)
        return bytes(self._view[:count]) if count > 0 else b""

    def text(self, pid: int, address: int) -> str | None:
        """Return the NUL-terminated text at an address; None if it cannot be read."""
        for length in (256, 4096):
            page = 4096 - address % 4096  # no further at once: the next page may not be there
            data = self.read(pid, address, min(length, page))
            if len(data) == page and b"\0" not in data:
                data += self.read(pid, address + page, 4096 - page)
            end = data.find(b"\0")
            if end >= 0:
                return os.fsdecode(data[:end])
        return None


class Notifier:
    """The look-ups of one step. `python` is what tells the environment's interpreter from other programs."""

    def __init__(
        self,
        listener: int,
        machine: str,
        unwatched: list[str],
        memory: Memory,
        python: tuple[int, int] | None = None,
    ):
        self.listener, self._python = listener, python
        self.pythons = 0  # times that a Python was executed, whichever
        self._names = {number: name for name, number in LOOKUPS[machine].items()}
        self._unwatched = tuple(folder.rstrip("/") + "/" for folder in unwatched)
        self._memory = memory
        self._buffer, self._answer = bytearray(_NOTIFICATION.size), bytearray(_RESPONSE.size)
        self._found: dict[str, tuple[bool, str]] = {}
        self._listed: Counter[str] = Counter()
        self._by_programs: set[str] = set()  # sources that another program than that Python has opened
        with contextlib.suppress(OSError):  # a kernel before 6.6 is only a little slower
            fcntl.ioctl(listener, _SET_FLAGS, _SYNCHRONOUS_WAKE_UP)

    def serve(self) -> bool:
        """Answer one notification; return whether there was one. The step goes on whatever happens here."""
        self._buffer[:] = _EMPTY
        try:
            fcntl.ioctl(self.listener, _RECEIVE, self._buffer, True)
        except OSError:
            return False  # the caller died meanwhile
        number, pid, _, call, _, _, *arguments = _NOTIFICATION.unpack(self._buffer)
        try:
            if pid and len(self._found) < MOST:
                self._note(self._names.get(call, ""), pid, arguments)
        except (OSError, ValueError):
            pass  # it died, or gave an address that is not one: the call itself will say so
        finally:
            _RESPONSE.pack_into(self._answer, 0, number, 0, 0, _CONTINUE)
            with contextlib.suppress(OSError):  # the caller died meanwhile
                fcntl.ioctl(self.listener, _SEND, self._answer, True)
        return True

    @property
    def full(self) -> bool:
        return len(self._found) >= MOST

    def lookups(self) -> list[tuple[str, bool, str, str, int]]:
        return [
            (path, found, kind, "program" if path in self._by_programs else "python", self._listed[path])
            for path, (found, kind) in self._found.items()
        ]

    def _note(self, call: str, pid: int, arguments: list[int]) -> None:
        if call == "connect":
            self._note_address(pid, arguments[1], arguments[2])
            return
        by_folder = call in _BY_FOLDER
        text = self._memory.text(pid, arguments[1 if by_folder else 0])
        if call.startswith("exec"):
            self._note_program(text, pid, arguments[0] if by_folder else _HERE)
            return
        if not text or (text.startswith(self._unwatched) and "/../" not in text):
            return
        path = self._absolute(text, pid, arguments[0] if by_folder else _HERE)
        if path == "/" or (path + "/").startswith(self._unwatched):
            return
        kind = self._kind(call, pid, arguments)
        if call == "openat" and arguments[2] & os.O_DIRECTORY:
            self._listed[path] += 1
        if path.endswith(".py") and kind != "stat" and programs.identity(pid) != self._python:
            self._by_programs.add(path)
        known = self._found.get(path)
        if known == (False, "update"):
            return  # by now the step has made it itself; that it was not there stands
        if known is None or not known[0] or _RANK[kind] > _RANK[known[1]]:
            found = kind == "write" or self._is_there(pid, path)
            self._found[path] = (found, kind if known is None or _RANK[kind] > _RANK[known[1]] else known[1])

    def _kind(self, call: str, pid: int, arguments: list[int]) -> str:
        if call.startswith("mkdir"):
            return "write"
        if call in ("open", "openat"):
            flags = arguments[1 if call == "open" else 2]
        elif call == "openat2":
            flags = int.from_bytes(self._memory.read(pid, arguments[2], 8), "little")
        else:
            return "stat"
        if not flags & os.O_CREAT:
            return "open"
        # A database opens so what it would read, and goes on with an empty file where there is none.
        return "update" if flags & os.O_RDWR and not flags & (os.O_TRUNC | os.O_EXCL) else "write"

    def _note_program(self, text: str | None, pid: int, folder: int) -> None:
        """Note what is executed, wherever it lies; of what is not there only where look-ups are told at all."""
        if text is None:
            return
        path = self._absolute(text, pid, folder) if text else self._folder(pid, folder)
        python = programs.is_python(pid, path, self._python)
        if python is None and (path + "/").startswith(self._unwatched) and not path.startswith(_ENVIRONMENT):
            return
        self._found[path] = (python is not None, "exec")
        self.pythons += bool(python)

    def _absolute(self, text: str, pid: int, folder: int) -> str:
        return os.path.normpath(text if text[0] == "/" else self._folder(pid, folder) + "/" + text)

    @staticmethod
    def _folder(pid: int, descriptor: int) -> str:
        low = descriptor & 0xFFFFFFFF
        return os.readlink(f"/proc/{pid}/cwd" if low == _HERE else f"/proc/{pid}/fd/{low}")

    @staticmethod
    def _is_there(pid: int, path: str) -> bool:
        """Look a name up as the step would: in its root, its links included."""
        descriptor = programs.opened(pid, path, os.O_PATH)
        if descriptor >= 0:
            os.close(descriptor)
        return descriptor >= 0

    def _note_address(self, pid: int, address: int, length: int) -> None:
        data = self._memory.read(pid, address, min(length, 28))
        family = int.from_bytes(data[:2], "little")
        port = int.from_bytes(data[2:4], "big")
        if family == socket.AF_INET and len(data) >= 8:
            host = data[4:8]
        elif family == socket.AF_INET6 and len(data) >= 24:
            host = data[20:24] if data[8:20] == _MAPPED else data[8:24]
        else:
            return
        place = socket.inet_ntop(socket.AF_INET if len(host) == 4 else family, host)
        loopback = host[0] == 127 if len(host) == 4 else host == b"\0" * 15 + b"\1"
        if not loopback or port == 53:  # without a resolver's address, libraries ask this machine for names
            self._found.setdefault(f"{place}:{port}", (False, "connect"))
