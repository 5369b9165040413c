"""Metrics that are functions of sums over rows: what each row contributes, and how the sums become the value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from restrike.evaluation.ranking import Weighted
from restrike.evaluation.sample import Sample

Rows = Callable[[Sample], list[Any]]  # what each row contributes, one array for each sum
Finish = Callable[..., Any]  # the sum of the weights, then the weighted sums -> value


def weighted(rows: Rows, finish: Finish, sample: Sample) -> Weighted:
    contributions = rows(sample)

    def of(weights: Any) -> Any:
        import numpy as np

        # Not a matrix product: its last bits depend on the machine's BLAS.
        with np.errstate(divide="ignore", invalid="ignore"):
            return finish(weights.sum(axis=1), *((weights * part).sum(axis=1) for part in contributions))

    return of


def _errors(sample: Sample) -> Any:
    return sample.truth.astype(float) - sample.prediction.astype(float)


def _squares(sample: Sample) -> list[Any]:
    return [_errors(sample) ** 2]


def _variances(sample: Sample) -> list[Any]:
    truth = sample.truth.astype(float)
    centred = truth - truth.mean()  # else the difference of two large sums would lose the digits that matter
    return [_errors(sample), _errors(sample) ** 2, centred, centred**2]


def _relative(sample: Sample) -> list[Any]:
    import numpy as np

    return [np.abs(_errors(sample)) / np.maximum(np.abs(sample.truth.astype(float)), np.finfo(float).eps)]


def _log_losses(sample: Sample) -> list[Any]:
    import numpy as np

    if sample.probabilities is None:  # two classes, and only the positive one's
        chance = np.where(sample.is_positive, sample.score, 1 - sample.score)
    else:
        chance = sample.probabilities[np.arange(len(sample)), sample.codes(sample.truth)]
    smallest = np.finfo(chance.dtype).eps
    return [-np.log(np.clip(chance, smallest, 1 - smallest))]


def _brier(sample: Sample) -> list[Any]:
    return [(sample.score - sample.is_positive) ** 2]


def _mean(count: Any, total: Any) -> Any:
    return total / count


def _root(count: Any, total: Any) -> Any:
    return (total / count) ** 0.5


def _r2(count: Any, errors: Any, squares: Any, truth: Any, truth_squares: Any) -> Any:
    return 1 - squares / _positive(truth_squares - truth**2 / count)


def _explained(count: Any, errors: Any, squares: Any, truth: Any, truth_squares: Any) -> Any:
    return 1 - (squares - errors**2 / count) / _positive(truth_squares - truth**2 / count)


def _positive(spread: Any) -> Any:
    import numpy as np

    return np.where(spread > 0, spread, np.nan)


def _absolute(sample: Sample) -> list[Any]:
    return [abs(_errors(sample))]


FORMS: dict[str, tuple[Rows, Finish]] = {
    "log_loss": (_log_losses, _mean),
    "brier_score": (_brier, _mean),
    "mean_absolute_error": (_absolute, _mean),
    "mean_squared_error": (_squares, _mean),
    "root_mean_squared_error": (_squares, _root),
    "mean_absolute_percentage_error": (_relative, _mean),
    "r2": (_variances, _r2),
    "explained_variance": (_variances, _explained),
}
