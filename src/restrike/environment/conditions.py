"""Where a run happens: the machine's part in it, recorded beside the recipe. Read from files, no process is started."""

from __future__ import annotations

import os
import platform
import re
import sys
from pathlib import Path
from typing import Any

from restrike.environment.interpreter import Interpreter

_LOCALE = ("LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_NUMERIC", "LC_TIME", "LC_COLLATE", "TZ")
_THREADS = (  # and what else decides which kernels run
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_CORETYPE",
    "NPY_DISABLE_CPU_FEATURES",
)
_BLAS = re.compile(r"lib(?P<name>(scipy_)?openblas|mkl_rt|blis|gomp|omp|iomp5|cublas|cudnn)[^/]*\.so")


def machine() -> dict[str, Any]:
    """Return the conditions of this machine, now, whatever runs on it."""
    return {
        "cpu": cpu(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "kernel": platform.release(),
        "system": _system(),
        "gpu": gpu(),
        "uv": uv_version(),
        "locale": {name: os.environ[name] for name in _LOCALE if name in os.environ},
        "threads": {name: os.environ[name] for name in _THREADS if name in os.environ},
    }


def of(interpreter: Interpreter) -> dict[str, Any]:
    """Return the conditions that come with an interpreter and what is installed for it."""
    return {
        "libraries": _libraries(interpreter),
        "python_build": interpreter.build,
        "executable": {"path": str(interpreter.executable.resolve()), "sha256": interpreter.binary},
    }


def cpu(source: Path = Path("/proc/cpuinfo")) -> dict[str, Any]:
    """Return the processor's model and flags, as far as the system tells."""
    fields: dict[str, str] = {}
    for line in (_text(source) or "").partition("\n\n")[0].splitlines():
        key, _, value = line.partition(":")
        fields[key.strip().lower()] = value.strip()
    flags = fields.get("flags") or fields.get("features") or ""
    model = fields.get("model name") or platform.processor() or platform.machine()
    return {"model": model, "arch": platform.machine(), "flags": sorted(flags.split())}


def gpu(driver: Path = Path("/proc/driver/nvidia")) -> dict[str, Any] | None:
    """Return the NVIDIA driver's version and the models of its GPUs, None without one."""
    version = _text(driver / "version")
    if version is None:
        return None
    number = re.search(r"Kernel Module(?: for \S+)?\s+(\S+)", version)
    models = []
    for card in sorted(driver.glob("gpus/*/information")):
        named = re.search(r"^Model:\s*(.+?)\s*$", _text(card) or "", re.MULTILINE)
        models.append(named[1] if named else "unknown")
    return {"driver": number[1] if number else version.splitlines()[0], "models": models}


def uv_version() -> str | None:
    """Return the version of the uv that was installed with restrike, None if it is found elsewhere."""
    for folder in map(Path, sys.path):
        for found in folder.glob("uv-*.dist-info"):
            return found.name.removesuffix(".dist-info").partition("-")[2]
    return None


def _libraries(interpreter: Interpreter) -> list[str]:
    """Return the file names of BLAS and OpenMP libraries that wheels or conda brought along."""
    folders = [path for root in interpreter.site_packages for path in sorted(root.glob("*.libs"))]
    folders += [path for root in interpreter.site_packages for path in sorted(root.glob("nvidia/*/lib"))]
    if (interpreter.prefix / "conda-meta").is_dir():
        folders.append(interpreter.prefix / "lib")
    names = {entry for folder in folders for entry in os.listdir(folder) if _BLAS.match(entry)}
    return sorted(names)


def _system() -> str:
    for line in (_text(Path("/etc/os-release")) or "").splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.partition("=")[2].strip('"')
    return platform.system()


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return None
