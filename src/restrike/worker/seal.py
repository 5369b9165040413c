"""A root of its own for the zygote and for every step: what is not put there does not exist.

A layout is a list of entries, applied in order inside a new mount namespace after pivoting onto an empty root:
`{"bind": SOURCE, "at": TARGET, "writable": bool}`, `{"link": TEXT, "at": TARGET}`, `{"file": TEXT, "at": TARGET}`,
`{"folder": MODE, "at": TARGET}`, `{"empty": true, "at": TARGET}`. Sources are paths below the root that was left.
Specified in docs/design/sealed-execution.md.
"""

from __future__ import annotations

import os
import shutil
from typing import Any

from restrike.worker import kernel

HOST = "/.host"  # in the zygote's root: the machine's own, read-only; no step ever sees it
STEP = "/.step"  # in the zygote's root: where a step's root is made
CODE = "/.code"  # in the zygote's root: the restored snapshot
OLD = "/.old"  # in a step's root, while it is being made: the zygote's root

PROJECT, HOME, INPUTS, OUTPUTS, ENGINE = "/project", "/home/restrike", "/inputs", "/outputs", "/engine"
_WHOLE = ("/etc/", "/dev/")
_GUARDED = kernel.NO_SUID | kernel.NO_DEVICES


def enter_zygote_root(layout: list[dict[str, Any]]) -> None:
    """Leave the machine's root for a new one; the caller is in a mount namespace of its own, single-threaded."""
    kernel.mount("none", "/", None, kernel.RECURSIVE | kernel.PRIVATE)
    kernel.mount("root", "/tmp", "tmpfs", _GUARDED, "mode=755,size=16m")
    os.mkdir("/tmp" + HOST)
    kernel.pivot_root("/tmp", "/tmp" + HOST)
    kernel.set_read_only(HOST, True)
    os.mkdir(STEP)
    apply(layout, HOST)
    os.mkdir("/proc")
    kernel.mount("proc", "/proc", "proc", _GUARDED | kernel.NO_EXEC)
    kernel.set_read_only("/", True, recursive=False)


def enter_step_root(shared: list[dict[str, Any]], own: list[dict[str, Any]], *, overlay_options: str = "") -> None:
    """Leave the zygote's root for one that holds `shared` (as the zygote has it), the project and the step's `own`."""
    kernel.mount("root", STEP, "tmpfs", _GUARDED, "mode=755,size=16m")
    os.mkdir(STEP + OLD)
    kernel.pivot_root(STEP, STEP + OLD)
    apply(shared, OLD)
    os.mkdir("/proc")
    # Read-only: without it, user 0 could write to /proc/sys, capabilities or not.
    kernel.mount("proc", "/proc", "proc", _GUARDED | kernel.NO_EXEC | kernel.READ_ONLY)
    _writable_places(overlay_options)
    apply(own, OLD + HOST)
    kernel.unmount(OLD)
    os.rmdir(OLD)
    kernel.set_read_only("/", True, recursive=False)


def apply(layout: list[dict[str, Any]], sources: str) -> None:
    for entry in layout:
        target = entry["at"]
        if "bind" in entry:
            _bind(sources + entry["bind"], target, entry)
        elif "empty" in entry:
            kernel.mount("empty", target, "tmpfs", _GUARDED | kernel.READ_ONLY, "mode=755,size=4k")
        elif "link" in entry:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.symlink(entry["link"], target)
        elif "file" in entry:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "x", encoding="utf-8") as stream:
                stream.write(entry["file"])
        else:
            os.makedirs(target, mode=entry["folder"], exist_ok=True)


def _bind(source: str, target: str, entry: dict[str, Any]) -> None:
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    elif not os.path.exists(target):
        # Through a link of the snapshot, the name it points to is what has to be there.
        place = os.path.realpath(target)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        os.close(os.open(place, os.O_CREAT | os.O_WRONLY, 0o444))
    kernel.mount(source, target, None, kernel.BIND | kernel.RECURSIVE)
    if entry.get("writable"):
        kernel.set_read_only(target, False, recursive=False)


def shared_with_steps(layout: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what a step takes over from the zygote's root, mount by mount, with its read-only state."""
    kept = [entry for entry in layout if "empty" not in entry and not (entry["at"] + "/").startswith((*_WHOLE, CODE))]
    again = [{"bind": entry["at"], "at": entry["at"]} if "bind" in entry else entry for entry in kept]
    return again + [{"bind": folder, "at": folder} for folder in ("/etc", "/dev")]


def _writable_places(overlay_options: str) -> None:
    scratch = "/.scratch"
    os.mkdir(scratch)
    kernel.mount("scratch", scratch, "tmpfs", _GUARDED, "mode=755,size=80%")
    for name, target, mode in (("tmp", "/tmp", 0o1777), ("shm", "/dev/shm", 0o1777), ("home", HOME, 0o755)):
        os.mkdir(f"{scratch}/{name}")
        os.chmod(f"{scratch}/{name}", mode)
        os.makedirs(target, exist_ok=True)
        kernel.mount(f"{scratch}/{name}", target, None, kernel.BIND)
    os.mkdir(PROJECT)
    _project(scratch, overlay_options)
    kernel.unmount(scratch)
    os.rmdir(scratch)


def _project(scratch: str, overlay_options: str) -> None:
    for name in ("upper", "work"):
        os.mkdir(f"{scratch}/{name}")
    options = f"lowerdir={OLD}{CODE},upperdir={scratch}/upper,workdir={scratch}/work{overlay_options}"
    try:
        kernel.mount("project", PROJECT, "overlay", _GUARDED, options)
    except OSError:
        os.rmdir(f"{scratch}/work")
        shutil.copytree(OLD + CODE, f"{scratch}/upper", symlinks=True, dirs_exist_ok=True)
        kernel.mount(f"{scratch}/upper", PROJECT, None, kernel.BIND)
