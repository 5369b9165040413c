"""Who is executing: enough to tell later whether a run that was never closed is still going on."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def identity_of_process() -> dict[str, Any]:
    """Return host, boot, process number and start time of this process."""
    return {"host": socket.gethostname(), "boot": _boot(), "pid": os.getpid(), "started": _started(os.getpid())}


def is_alive(process: Mapping[str, Any]) -> bool | None:
    """Say whether a recorded process still runs; None where it ran on another machine, which cannot be told."""
    if process["host"] != socket.gethostname():
        return None
    return bool(process["boot"] == _boot() and _started(process["pid"]) == process["started"])


def _boot() -> str | None:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None


def _started(pid: int) -> int | None:
    """Return a process's start in clock ticks since boot (proc(5), field 22), or None if there is no such process."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except (OSError, IndexError, ValueError):
        return None
