"""Area under the ROC curve and average precision of many weighted copies of the same rows at once.

Rows are sorted by score a single time; a copy is then a row of weights. The values agree with scikit-learn's to
rounding, and are used for intervals and comparisons only: the value that is reported is scikit-learn's own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Weighted = Callable[[Any], Any]  # weights of shape (copies, rows) -> one value a copy, NaN where undefined


def roc_auc(positive: Any, score: Any) -> Weighted:
    """Return the weighted area under the ROC curve; ties count half."""
    order, starts = _by_score(score)

    def of(weights: Any) -> Any:
        import numpy as np

        hits, others = _grouped(weights, positive, order, starts)
        below = np.cumsum(others, axis=1) - others
        pairs = hits.sum(axis=1) * others.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(pairs > 0, (hits * (below + others / 2)).sum(axis=1) / pairs, np.nan)

    return of


def average_precision(positive: Any, score: Any) -> Weighted:
    """Return the weighted mean of the precision at each threshold, by the recall gained there."""
    order, starts = _by_score(score)

    def of(weights: Any) -> Any:
        import numpy as np

        hits, others = (part[:, ::-1] for part in _grouped(weights, positive, order, starts))
        found, total = np.cumsum(hits, axis=1), hits.sum(axis=1)
        said = found + np.cumsum(others, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            gained = np.where(said > 0, hits * found / said, 0.0).sum(axis=1)
            return np.where(total > 0, gained / total, np.nan)

    return of


def over_classes(form: Callable[[Any, Any], Weighted], codes: Any, scores: Any) -> Weighted:
    """Return the mean over classes of a form for each class against the rest, undefined where one is."""
    forms = [form(codes == position, scores[:, position]) for position in range(scores.shape[1])]

    def of(weights: Any) -> Any:
        return sum(each(weights) for each in forms) / len(forms)

    return of


def _by_score(score: Any) -> tuple[Any, Any]:
    """Return the order of rising scores and where in it each group of equal scores starts."""
    import numpy as np

    order = np.argsort(score, kind="stable")
    ordered = score[order]
    changes = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    return order, np.concatenate([[0], changes])


def _grouped(weights: Any, positive: Any, order: Any, starts: Any) -> tuple[Any, Any]:
    """Return the weight of positive and of other rows for each group of equal scores, in rising order."""
    import numpy as np

    ordered = weights[:, order]
    hits = np.add.reduceat(np.where(positive[order], ordered, 0), starts, axis=1)
    return hits, np.add.reduceat(ordered, starts, axis=1) - hits
