"""Shared libraries mapped into a process's memory."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SYSTEM_V, _GONE = "/SYSV", " (deleted)"


def mapped(process: int | str = "self") -> set[str]:
    """Return the files that a process executes code from; nothing of one that is gone or not ours to read."""
    try:
        descriptor = os.open(f"/proc/{process}/maps", os.O_RDONLY)
    except OSError:
        return set()
    try:
        text = b"".join(iter(lambda: os.read(descriptor, 1 << 20), b""))
    except OSError:
        return set()
    finally:
        os.close(descriptor)
    found = {os.fsdecode(line[line.index(b"/") :]) for line in text.split(b"\n") if b" r-xp " in line and b"/" in line}
    return {path for path in found if not path.startswith(_SYSTEM_V) and not path.endswith(_GONE)}


class Linked:
    """The libraries that the dynamic linker has loaded into this process: quicker to ask for than what is mapped."""

    def __init__(self) -> None:
        import ctypes

        class Info(ctypes.Structure):
            _fields_ = (
                ("address", ctypes.c_void_p),
                ("name", ctypes.c_char_p),
                ("headers", ctypes.c_void_p),
                ("count", ctypes.c_uint16),
                ("added", ctypes.c_ulonglong),  # how many were ever loaded: the same for each
            )

        added, now = [-1], [-1]

        def visit(info: Any, size: int, data: object) -> int:
            found = info.contents
            if found.added == added[0]:
                return 1  # nothing has come since: no look at the others
            self._names.append(found.name)
            now[0] = found.added
            return 0

        self._names: list[bytes] = []
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Info), ctypes.c_size_t, ctypes.c_void_p)
        self._visit = kind(visit)
        self._ask = getattr(ctypes.CDLL(None), "dl_iterate_phdr", None)
        self._before = set(self._all())
        added[0] = now[0]

    def _all(self) -> list[bytes]:
        self._names = []
        if self._ask is not None:
            self._ask(self._visit, None)
        return self._names

    def later(self) -> set[str]:
        """Return the libraries that were loaded since this was made."""
        if self._ask is None:
            return mapped()
        return {os.fsdecode(name) for name in self._all() if name and name not in self._before}
