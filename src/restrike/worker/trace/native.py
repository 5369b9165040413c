"""Shared libraries mapped into a process's memory."""

from __future__ import annotations

import os

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


class Counter:
    """Tells cheaply whether the dynamic linker has loaded anything since a moment before."""

    def __init__(self) -> None:
        import ctypes

        class Info(ctypes.Structure):
            _fields_ = (
                ("address", ctypes.c_void_p),
                ("name", ctypes.c_char_p),
                ("headers", ctypes.c_void_p),
                ("count", ctypes.c_uint16),
                ("added", ctypes.c_ulonglong),
                ("removed", ctypes.c_ulonglong),
            )

        def first(info: object, size: int, data: object) -> int:
            self._added = int(info.contents.added)  # type: ignore[attr-defined]  # a pointer to the structure above
            return 1  # one is enough: all tell the same

        self._added = -1
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Info), ctypes.c_size_t, ctypes.c_void_p)
        self._first = kind(first)
        self._visit = getattr(ctypes.CDLL(None), "dl_iterate_phdr", None)
        self._before = self._count()

    def _count(self) -> int:
        if self._visit is not None:
            self._visit(self._first, None)
        return int(self._added)

    def has_moved(self) -> bool:
        """Tell whether libraries were loaded since this was made; True where that cannot be told."""
        return self._visit is None or self._count() != self._before
