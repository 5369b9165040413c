"""Observe a program that a step starts: Python imports this first, since its folder leads PYTHONPATH.

Whatever goes wrong here must not be the program's trouble: then it does not report, and that is noticed.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

_here = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [place for place in sys.path if place != _here]


def _codes(folder: str) -> list[tuple[str, CodeType]]:
    """Return names and code of what observes: as the step's zygote has compiled it, else from its sources."""
    import marshal

    try:
        with open(f"{folder}/code", "rb") as stream:
            tag, version, codes = marshal.loads(stream.read())
        if (tag, version) == (sys.implementation.cache_tag, sys.hexversion):
            return list(codes)
    except (OSError, ValueError, EOFError, TypeError):
        pass
    worker = os.path.dirname(_here)
    with open(f"{worker}/trace/bundle.py", encoding="utf-8") as stream:
        names = [line.strip('", \n') for line in stream if line.startswith('    "restrike.')]
    files = [(name, f"{worker}/{'/'.join(name.split('.')[2:])}.py") for name in names]
    return [(name, compile(open(file, "rb").read(), file, "exec", dont_inherit=True)) for name, file in files]


def _begin(told: str) -> None:
    """Execute what observes under its own names, and take these away again: the program has modules of its own."""
    module_type: Any = type(sys)
    for name in ("restrike", "restrike.worker", "restrike.worker.trace", "restrike.worker.watch"):
        _put(name, module_type(name))
    try:
        for name, code in _codes(told.split("\n")[1]):
            module = module_type(name)
            module.__file__ = code.co_filename
            _put(name, module)
            exec(code, module.__dict__)
        module.begin(told)
    finally:
        for name in [name for name in sys.modules if name == "restrike" or name.startswith("restrike.")]:
            del sys.modules[name]


def _put(name: str, module: Any) -> None:
    sys.modules[name] = module
    parent, _, leaf = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], leaf, module)


_told = os.environ.get("RESTRIKE_TRACE")
if _told:
    try:  # noqa: SIM105  # `contextlib` is slow to import
        _begin(_told)
    except Exception:  # noqa: BLE001, S110  # see above
        pass

_own = sys.modules.pop("sitecustomize")
try:
    import sitecustomize  # type: ignore[import-not-found]  # noqa: F401  # the one that this has stood before, if there is one
except ImportError:
    sys.modules["sitecustomize"] = _own
