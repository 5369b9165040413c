"""OpenBLAS as a recipe wants it: with the recorded number of threads, even where the machine has fewer cores.

OpenBLAS starts no more threads than there are cores, whatever its variables say, and its bits depend on their number.
So where a recipe wants more, they are asked for as soon as the library is loaded.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator, Mapping
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

THREADS = "OPENBLAS_NUM_THREADS"
_LOADING = (
    "numpy._core._multiarray_umath",
    "numpy.core._multiarray_umath",  # before numpy 2
    "numpy.linalg._umath_linalg",
    "scipy.linalg._fblas",
    "scipy.linalg.cython_blas",
)


def hold_threads(variables: Mapping[str, str]) -> None:
    """Have OpenBLAS, loaded later by this process or a fork of it, use as many threads as the variables say."""
    told = variables.get(THREADS, "")
    if told.isdigit() and int(told) > len(os.sched_getaffinity(0)):
        sys.meta_path.insert(0, _Finder(int(told)))


def kernels() -> set[str]:
    """Return which kernels the OpenBLAS libraries of this process have chosen."""
    found = set()
    for library in _loaded():
        if corename := _function(library, "get_corename"):
            corename.restype = ctypes.c_char_p
            found.add(str(corename().decode()))
    return found


class _Finder:
    """Finds nothing itself: it has the number of threads set after the modules that load OpenBLAS."""

    def __init__(self, count: int):
        self._count = count

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname not in _LOADING:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            self._set_after(spec.loader)
        return spec

    def _set_after(self, loader: Any) -> None:
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            _set(self._count)

        loader.exec_module = exec_module  # on this one loader: the module keeps a loader of the usual kind


def _set(count: int) -> None:
    for library in _loaded():
        get, set_ = _function(library, "get_num_threads"), _function(library, "set_num_threads")
        if get and set_ and get() < count:
            set_(count)


def _loaded() -> Iterator[ctypes.CDLL]:
    """Yield each OpenBLAS in this process."""
    with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as stream:
        paths = {line.rstrip("\n").partition("/")[2] for line in stream if "openblas" in line}
    for path in sorted(paths):
        yield ctypes.CDLL(f"/{path}")


def _function(library: ctypes.CDLL, name: str) -> Any:
    """Return a function of OpenBLAS under whatever name it was built with, None if it has none."""
    for prefix in ("scipy_openblas_", "openblas_"):
        for ending in ("64_", "", "_64", "64"):
            if found := getattr(library, f"{prefix}{name}{ending}", None):
                return found
    return None
