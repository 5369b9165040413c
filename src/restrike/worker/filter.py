"""The seccomp filter of a step: tells the warden of every look-up by name, and refuses what would go past it.

It discovers, it does not guard: a path can change between being told and being used. The mounts are the guard.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

from restrike.worker import kernel

# Calls that are told to the warden; the position of their flags argument where AT_EMPTY_PATH means "no look-up".
LOOKUPS = {
    "x86_64": {
        "open": 2, "openat": 257, "openat2": 437, "execve": 59, "execveat": 322, "connect": 42,
        "stat": 4, "lstat": 6, "newfstatat": 262, "statx": 332,
        "access": 21, "faccessat": 269, "faccessat2": 439, "readlink": 89, "readlinkat": 267,
        "rename": 82, "renameat": 264, "renameat2": 316, "link": 86, "linkat": 265, "mkdir": 83, "mkdirat": 258,
    },
    "aarch64": {
        "openat": 56, "openat2": 437, "execve": 221, "execveat": 281, "connect": 203, "newfstatat": 79, "statx": 291,
        "faccessat": 48, "faccessat2": 439, "readlinkat": 78,
        "renameat": 38, "renameat2": 276, "linkat": 37, "mkdirat": 34,
    },
}  # fmt: skip
_FLAGS = {"newfstatat": 3, "statx": 2}
_EMPTY_PATH = 0x1000
_KILL = {"x86_64": 62, "aarch64": 129}
_IO_URING = (425, 426, 427)  # opens made through it are seen by no filter
_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32 = 0x40000000

_ALLOW, _NOTIFY, _ERROR, _KILL_PROCESS = 0x7FFF0000, 0x7FC00000, 0x00050000, 0x80000000
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16
_SECCOMP = {"x86_64": 317, "aarch64": 277}
_SET_MODE_FILTER, _NEW_LISTENER, _WAIT_KILLABLE = 1, 1 << 3, 1 << 5

KILLED_ITSELF = 31  # SIGSYS: what the filter ends a step with that sends SIGKILL to itself, which process 1 survives


def program(machine: str, *, notify: bool) -> bytes:
    """Return the filter as BPF instructions."""
    code: list[tuple[int, int, int, int]] = [
        (_LOAD, 0, 0, _ARCH),
        (_JUMP_EQUAL, 1, 0, _ARCHITECTURE[machine]),
        (_RETURN, 0, 0, _ERROR | errno.ENOSYS),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if machine == "x86_64":
        code += [(_JUMP_AT_LEAST, 0, 1, _X32), (_RETURN, 0, 0, _ERROR | errno.ENOSYS)]
    for number in _IO_URING:
        code += [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERROR | errno.ENOSYS)]
    if notify:
        for name, number in LOOKUPS[machine].items():
            code += _told(number, _FLAGS.get(name))
    code += [
        (_JUMP_EQUAL, 0, 5, _KILL[machine]),
        (_LOAD, 0, 0, _ARGUMENTS),
        (_JUMP_EQUAL, 0, 3, 1),
        (_LOAD, 0, 0, _ARGUMENTS + 8),
        (_JUMP_EQUAL, 0, 1, 9),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


def _told(number: int, flags: int | None) -> list[tuple[int, int, int, int]]:
    if flags is None:
        return [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, _NOTIFY)]
    return [
        (_JUMP_EQUAL, 0, 4, number),
        (_LOAD, 0, 0, _ARGUMENTS + 8 * flags),
        (_JUMP_SET, 0, 1, _EMPTY_PATH),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _NOTIFY),
    ]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def install() -> tuple[int | None, str | None]:
    """Put the filter on this process for good; return the listener's descriptor, or why there is none."""
    machine = os.uname().machine
    if machine not in _SECCOMP:
        return None, f"no tracer for {machine}"
    kernel.forgo_privileges()
    for flags in (_NEW_LISTENER | _WAIT_KILLABLE, _NEW_LISTENER):
        try:
            return _set(machine, flags, notify=True), None
        except OSError as error:
            refused = error
    try:
        _set(machine, 0, notify=False)
    except OSError as error:
        return None, str(error)
    return None, str(refused)


def _set(machine: str, flags: int, *, notify: bool) -> int:
    instructions = program(machine, notify=notify)
    loaded = _Program(len(instructions) // 8, instructions)
    return kernel.syscall(_SECCOMP[machine], _SET_MODE_FILTER, flags, ctypes.byref(loaded), what="seccomp")
