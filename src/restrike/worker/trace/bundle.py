"""The code that a step's child Pythons observe themselves with, compiled once a zygote instead of once a program."""

from __future__ import annotations

import importlib.machinery
import marshal
import os
import sys
from types import CodeType
from typing import Any

# In the order in which they are executed; each finds what it imports already there.
MODULES = (
    "restrike.worker.trace.places",
    "restrike.worker.trace.record",
    "restrike.worker.trace.standins",
    "restrike.worker.trace.reports",
    "restrike.worker.trace.native",
    "restrike.worker.trace.loaded",
    "restrike.worker.trace.imports",
    "restrike.worker.watch.readings",
    "restrike.worker.watch.clock",
    "restrike.worker.watch.entropy",
    "restrike.worker.watch.machine",
    "restrike.worker.watch.listings",
    "restrike.worker.watch.variables",
    "restrike.worker.watch.pools",
    "restrike.worker.watch.events",
    "restrike.worker.watch.session",
    "restrike.worker.watch.generators",
    "restrike.worker.watch.child",
)
LOADING = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "children", "loading.py")


class Bundle:
    """Keeps the code of modules while they are imported: compiling it once more would double what that costs."""

    def __init__(self) -> None:
        self._codes: dict[str, CodeType] = {}

    def __enter__(self) -> Bundle:
        loader: Any = importlib.machinery.SourceFileLoader
        self._original = loader.get_code

        def get_code(this: Any, name: str) -> CodeType | None:
            code: CodeType | None = self._original(this, name)
            if name in MODULES and code is not None:
                self._codes[name] = code
            return code

        loader.get_code = get_code
        return self

    def __exit__(self, *error: object) -> None:
        loader: Any = importlib.machinery.SourceFileLoader
        del loader.get_code  # it is inherited

    def packed(self) -> bytes:
        """Return what `children/sitecustomize.py` reads; empty if a module was imported before."""
        if len(self._codes) < len(MODULES):
            return b""
        codes = [(name, self._codes[name]) for name in MODULES]
        with open(LOADING, "rb") as stream:
            loading = compile(stream.read(), LOADING, "exec")
        return marshal.dumps((sys.implementation.cache_tag, sys.hexversion, loading, codes))


def keep(packed: bytes, path: str) -> None:
    """Write a bundle to a file, whole or not at all."""
    if not packed or os.path.exists(path):
        return
    try:
        with open(path + ".new", "xb") as stream:
            stream.write(packed)
        os.rename(path + ".new", path)
    except OSError:
        pass  # programs then compile for themselves
