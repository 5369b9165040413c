"""The built-in training pipeline: load, split, train, predict, evaluate, for anything with scikit-learn's interface.

Part of the engine: Python 3.10 and later, the standard library alone at import time. The step functions run in the
project's own environment and import numpy, pandas and scikit-learn from there.
"""

from __future__ import annotations


def requirements() -> tuple[str, ...]:
    """Return the distributions that the project's environment must have for the built-in pipeline."""
    return ("numpy", "pandas", "pyarrow", "scikit-learn")
