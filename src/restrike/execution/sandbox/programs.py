"""The programs that a step executes: which of them are Pythons, and which Python is the environment's."""

from __future__ import annotations

import ctypes
import os
import re

_OPENAT2, _IN_ROOT = 437, 0x10
_PYTHON = re.compile(r"(python|pypy)[0-9.]*[a-z]*")
_SCRIPTS = 4  # interpreters of interpreters that the kernel follows


class _How(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


_libc = ctypes.CDLL(None, use_errno=True)


def opened(pid: int, path: str, flags: int) -> int:
    """Open a name as a process would, in its root, links included; return a descriptor, or -1."""
    root = os.open(f"/proc/{pid}/root", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        how = _How(flags | os.O_CLOEXEC, 0, _IN_ROOT)
        return int(_libc.syscall(_OPENAT2, root, os.fsencode(path), ctypes.byref(how), ctypes.sizeof(how)))
    finally:
        os.close(root)


def identity(pid: int) -> tuple[int, int] | None:
    """Return what tells the program of a process from others; None for one that is gone."""
    try:
        found = os.stat(f"/proc/{pid}/exe")
    except OSError:
        return None
    return found.st_dev, found.st_ino


def is_python(pid: int, path: str, ours: tuple[int, int] | None) -> bool | None:
    """Tell whether a file, executed by a process, is a Python or a script of one; None if it is not there."""
    for depth in range(_SCRIPTS):
        descriptor = opened(pid, path, os.O_RDONLY | os.O_NONBLOCK)
        if descriptor < 0:
            return None if depth == 0 else False
        try:
            found, head = os.fstat(descriptor), os.read(descriptor, 256)
        except OSError:
            return False
        finally:
            os.close(descriptor)
        if (found.st_dev, found.st_ino) == ours or _PYTHON.fullmatch(os.path.basename(path)):
            return True
        words = head.partition(b"\n")[0][2:].split() if head.startswith(b"#!") else []
        if not words:
            return False
        path = os.fsdecode(words[0])
    return False
