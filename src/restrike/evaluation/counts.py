"""Metrics that need only how often each class was taken for which: the cells of the confusion matrix.

Every formula takes cells of shape (samples, truth, prediction), whole numbers or weights, and returns one value a
sample, NaN where the metric is undefined. Conventions follow scikit-learn with `zero_division=0`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Formula = Callable[[Any, "int | None"], Any]  # cells, position of the positive class where there are two


def accuracy(cells: Any, positive: int | None) -> Any:
    return _ratio(_diagonal(cells).sum(axis=1), cells.sum(axis=(1, 2)))


def balanced_accuracy(cells: Any, positive: int | None) -> Any:
    import numpy as np

    present = cells.sum(axis=2) > 0
    recalls = _ratio(_diagonal(cells), cells.sum(axis=2))
    return _ratio(np.where(present, recalls, 0.0).sum(axis=1), present.sum(axis=1))


def precision(cells: Any, positive: int | None) -> Any:
    return _averaged(cells, positive, lambda hit, truth, said: (hit, said))


def recall(cells: Any, positive: int | None) -> Any:
    return _averaged(cells, positive, lambda hit, truth, said: (hit, truth))


def f1(cells: Any, positive: int | None) -> Any:
    return _averaged(cells, positive, lambda hit, truth, said: (2 * hit, truth + said))


def jaccard(cells: Any, positive: int | None) -> Any:
    return _averaged(cells, positive, lambda hit, truth, said: (hit, truth + said - hit))


def averaged(formula: Formula, average: str) -> Formula:
    """Return precision, recall, f1 or jaccard averaged over the classes: `micro`, `macro` or `weighted`."""

    def of(cells: Any, positive: int | None) -> Any:
        import numpy as np

        if average == "macro":
            return formula(cells, None)
        if average == "micro":
            return formula(_pooled(cells), 1)
        size = cells.shape[1]
        each = np.stack([np.nan_to_num(formula(cells, position)) for position in range(size)], axis=1)
        truth = cells.sum(axis=2)
        return _ratio((each * truth).sum(axis=1), truth.sum(axis=1))

    return of


def matthews_corrcoef(cells: Any, positive: int | None) -> Any:
    import numpy as np

    truth, said, total = cells.sum(axis=2), cells.sum(axis=1), cells.sum(axis=(1, 2)).astype(float)
    agreement = _diagonal(cells).sum(axis=1) * total - (truth * said).sum(axis=1)
    spread = (total**2 - (truth**2).sum(axis=1)) * (total**2 - (said**2).sum(axis=1))
    return np.where(spread > 0, _ratio(agreement, np.sqrt(np.maximum(spread, 0))), 0.0)


def cohen_kappa(cells: Any, positive: int | None) -> Any:
    total = cells.sum(axis=(1, 2)).astype(float)
    expected = (cells.sum(axis=2) * cells.sum(axis=1)).sum(axis=1) / total
    return 1.0 - _ratio(total - _diagonal(cells).sum(axis=1), total - expected)


def _averaged(cells: Any, positive: int | None, parts: Callable[[Any, Any, Any], tuple[Any, Any]]) -> Any:
    """Return the ratio for the positive class; or, without one, its mean over classes that occur, 0 where undefined."""
    import numpy as np

    hit, truth, said = _diagonal(cells), cells.sum(axis=2), cells.sum(axis=1)
    upper, lower = parts(hit, truth, said)
    each = _ratio(upper, lower)
    if positive is not None:
        return each[:, positive]
    occurs = (truth + said) > 0
    return _ratio(np.where(occurs, np.nan_to_num(each), 0.0).sum(axis=1), occurs.sum(axis=1))


def _pooled(cells: Any) -> Any:
    """Return the one-against-the-rest cells of all classes added up, the class itself in position 1."""
    import numpy as np

    hit = _diagonal(cells).sum(axis=1)
    missed = cells.sum(axis=(1, 2)) - hit
    return np.stack([np.stack([0 * hit, missed], axis=1), np.stack([missed, hit], axis=1)], axis=1)


def _diagonal(cells: Any) -> Any:
    import numpy as np

    return np.diagonal(cells, axis1=1, axis2=2)


def _ratio(upper: Any, lower: Any) -> Any:
    import numpy as np

    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.asarray(lower) != 0, np.asarray(upper, float) / lower, np.nan)


FORMULAS: dict[str, Formula] = {
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "matthews_corrcoef": matthews_corrcoef,
    "cohen_kappa": cohen_kappa,
    **{
        name if average is None else f"{name}_{average}": formula if average is None else averaged(formula, average)
        for name, formula in (("precision", precision), ("recall", recall), ("f1", f1), ("jaccard", jaccard))
        for average in (None, "micro", "macro", "weighted")
    },
}
