"""The calls of the Linux kernel that Python has no function for: namespaces, mounts, capabilities."""

from __future__ import annotations

import ctypes
import fcntl
import os
import re
import socket
import struct
from collections.abc import Iterable

NEW_MOUNTS = 0x00020000
NEW_HOSTNAME = 0x04000000
NEW_IPC = 0x08000000
NEW_USER = 0x10000000
NEW_PIDS = 0x20000000
NEW_NETWORK = 0x40000000

READ_ONLY, NO_SUID, NO_DEVICES, NO_EXEC, REMOUNT, NO_ATIME = 1, 2, 4, 8, 32, 1024
NO_DIR_ATIME, BIND, RECURSIVE, PRIVATE, RELATIVE_ATIME = 2048, 4096, 16384, 1 << 18, 1 << 21
DETACH = 2

_AT_FDCWD, _AT_RECURSIVE, _ATTRIBUTE_READ_ONLY = -100, 0x8000, 1
_MOUNT_SETATTR = 442  # one number on every architecture
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_SET_PARENT_DEATH_SIGNAL, _DROP_BOUNDING, _NO_NEW_PRIVILEGES, _AMBIENT, _AMBIENT_CLEAR = 1, 24, 38, 47, 4
_CAPABILITY_VERSION_3 = 0x20080522
_NO_RANDOM_ADDRESSES = 0x0040000
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 0x1

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def syscall(number: int, *arguments: object, what: str) -> int:
    """Make a system call by number; raise OSError with `what` in its message."""
    wide = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    return _check(int(_libc.syscall(ctypes.c_long(number), *wide)), what)


def unshare(flags: int) -> None:
    _check(_libc.unshare(flags), "unshare")


def join(descriptor: int, flags: int) -> None:
    _check(_libc.setns(descriptor, flags), "setns")


def mount(source: str, target: str, kind: str | None = None, flags: int = 0, options: str | None = None) -> None:
    _check(
        _libc.mount(
            os.fsencode(source),
            os.fsencode(target),
            kind.encode() if kind else None,
            ctypes.c_ulong(flags),
            options.encode() if options else None,
        ),
        f"mount {kind or source} at {target}",
    )


def unmount(target: str) -> None:
    """Take a mount and all below it out of the tree at once; it is freed when nobody uses it any more."""
    _check(_libc.umount2(os.fsencode(target), DETACH), f"umount {target}")


def pivot_root(new: str, old: str) -> None:
    syscall(_PIVOT_ROOT[os.uname().machine], os.fsencode(new), os.fsencode(old), what="pivot_root")
    os.chdir("/")


class _MountAttributes(ctypes.Structure):
    _fields_ = (
        ("set", ctypes.c_uint64),
        ("clear", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("user_namespace", ctypes.c_uint64),
    )


def set_read_only(target: str, value: bool, *, recursive: bool = True) -> None:
    """Make a mount, and with `recursive` all mounts below it, read-only or writable."""
    attributes = _MountAttributes(_ATTRIBUTE_READ_ONLY if value else 0, 0 if value else _ATTRIBUTE_READ_ONLY, 0, 0)
    try:
        syscall(
            _MOUNT_SETATTR,
            _AT_FDCWD,
            os.fsencode(target),
            _AT_RECURSIVE if recursive else 0,
            ctypes.byref(attributes),
            ctypes.sizeof(attributes),
            what=f"mount_setattr {target}",
        )
    except OSError as error:
        if error.errno != 38:  # ENOSYS: a kernel older than 5.12
            raise
        for place in _mounts_at(target) if recursive else (target,):
            _remount(place, value)


def _remount(target: str, read_only: bool) -> None:
    # Flags that a mount already has must be given again: in a user namespace they are locked.
    held = os.statvfs(target).f_flag
    pairs = (
        (2, NO_SUID),
        (4, NO_DEVICES),
        (8, NO_EXEC),
        (1024, NO_ATIME),
        (2048, NO_DIR_ATIME),
        (4096, RELATIVE_ATIME),
    )
    kept = sum(flag for bit, flag in pairs if held & bit)
    mount("none", target, None, BIND | REMOUNT | kept | (READ_ONLY if read_only else 0))


def _mounts_at(target: str) -> Iterable[str]:
    table = next(place for place in ("/proc/self/mountinfo", "/.host/proc/self/mountinfo") if os.path.exists(place))
    with open(table, encoding="utf-8", errors="surrogateescape") as stream:
        places = [_unescaped(line.split(" ")[4]) for line in stream]
    below = target.rstrip("/") + "/"
    return [target, *(place for place in places if place.startswith(below))]


def _unescaped(place: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), place)


def die_with_parent() -> None:
    """Have the kernel kill this process when the one that forked it ends."""
    _check(_libc.prctl(_SET_PARENT_DEATH_SIGNAL, 9, 0, 0, 0), "prctl")


def fix_addresses() -> None:
    """Have the next program that this process becomes lay out its memory without chance."""
    _check(_libc.personality(_NO_RANDOM_ADDRESSES), "personality")


def forgo_privileges() -> None:
    """Make sure that this process and all it executes can never gain a privilege; needed before a filter."""
    _check(_libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0), "prctl")


def drop_capabilities() -> None:
    """Give up every capability, for good: bounding, ambient, permitted, effective, inheritable."""
    for capability in range(64):
        if _libc.prctl(_DROP_BOUNDING, capability, 0, 0, 0) < 0:
            break  # EINVAL: past the last one this kernel knows
    _libc.prctl(_AMBIENT, _AMBIENT_CLEAR, 0, 0, 0)
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    _check(_libc.capset(header, struct.pack("=6I", 0, 0, 0, 0, 0, 0)), "capset")


def raise_loopback() -> None:
    """Switch on the loopback device of a new network namespace; it is the only device there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack("16sH14x", fcntl.ioctl(probe, _GET_FLAGS, request))[1]
        fcntl.ioctl(probe, _SET_FLAGS, struct.pack("16sH14x", b"lo", flags | _UP))
