"""What a machine says of itself, as Python reads it: how many cores it has, its name, its user."""

from __future__ import annotations

import os
import sys

from restrike.worker.trace.standins import put
from restrike.worker.watch.readings import CORES, MACHINE, Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any


def tame(watch: Watch) -> None:
    """Put the functions of `os` under a watch, for the rest of this process."""
    for name in ("cpu_count", "process_cpu_count", "sched_getaffinity"):
        _watch(watch, CORES, os, name)
    for name in ("uname", "getlogin"):
        _watch(watch, MACHINE, os, name)
    if platform := sys.modules.get("platform"):
        platform._uname_cache = None  # type: ignore[attr-defined]  # what was asked for in the zygote, this step may ask


def tame_getpass(watch: Watch, module: ModuleType) -> None:
    _watch(watch, MACHINE, module, "getuser")


def tame_pwd(watch: Watch, module: ModuleType) -> None:
    for name in ("getpwuid", "getpwnam", "getpwall"):
        _watch(watch, MACHINE, module, name)


def _watch(watch: Watch, kind: str, module: ModuleType, name: str) -> None:
    original: Any = getattr(module, name, None)
    if original is not None:
        put(module, name, watch.counted(kind, f"{module.__name__}.{name}()", original))
