"""Perturb a program that a perturbed command starts: Python imports this first, since its folder leads PYTHONPATH."""

import os
import sys

_here = os.path.dirname(os.path.abspath(__file__))
_engine = os.path.dirname(os.path.dirname(os.path.dirname(_here)))
sys.path[:] = [_engine, *(place for place in sys.path if place != _here)]
try:
    from restrike.worker.perturbing import perturb_program
finally:
    sys.path.remove(_engine)
perturb_program()

_own = sys.modules.pop("sitecustomize")
try:
    import sitecustomize  # type: ignore[import-not-found]  # noqa: F401  # the one that this has stood before, if there is one
except ImportError:
    sys.modules["sitecustomize"] = _own
