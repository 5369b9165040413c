"""Observe a program that a step starts: Python imports this first, since its folder leads PYTHONPATH.

Kept short, as each program compiles it anew. Whatever goes wrong here must not be the program's trouble: then it does
not report, and that is noticed.
"""

import os
import sys

_here = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [place for place in sys.path if place != _here]


def _begin(told: str) -> None:
    import marshal

    try:
        with open(told.split("\n")[1] + "/code", "rb") as stream:
            tag, version, loading, codes = marshal.loads(stream.read())
        assert (tag, version) == (sys.implementation.cache_tag, sys.hexversion)
    except (OSError, ValueError, EOFError, TypeError, AssertionError):  # no step's zygote has compiled it
        with open(_here + "/loading.py", "rb") as stream:
            loading, codes = compile(stream.read(), _here + "/loading.py", "exec"), None
    names = {"__name__": "loading", "__file__": _here + "/loading.py"}
    exec(loading, names)
    names["begin"](told, codes)  # type: ignore[operator]  # a function, after that


if "RESTRIKE_TRACE" in os.environ:
    try:  # noqa: SIM105  # `contextlib` is slow to import
        _begin(os.environ["RESTRIKE_TRACE"])
    except Exception:  # noqa: BLE001, S110  # see above
        pass

_own = sys.modules.pop("sitecustomize")
try:
    import sitecustomize  # type: ignore[import-not-found]  # noqa: F401  # the one that this has stood before, if there is one
except ImportError:
    sys.modules["sitecustomize"] = _own
