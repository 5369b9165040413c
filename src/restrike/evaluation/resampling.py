"""Percentile bootstrap, fast enough for many slices: rows are drawn as weights, and a metric takes all draws at once.

For metrics of counts the cells of the confusion matrix are drawn instead of rows: that has the same distribution, at a
cost that does not depend on the number of rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from restrike.evaluation import counts, means, metrics, ranking
from restrike.evaluation.metrics import Metric
from restrike.evaluation.ranking import Weighted
from restrike.evaluation.sample import Sample

BLOCK = 2_000_000  # weights held at once: 16 MB
RANKINGS = {"roc_auc": ranking.roc_auc, "roc_auc_ovr": ranking.roc_auc, "average_precision": ranking.average_precision}


@dataclass(frozen=True)
class Interval:
    low: float | None
    high: float | None


def generator(seed: int, *purpose: str) -> Any:
    """Return a random generator of its own for a purpose, so that one slice more changes no other's interval."""
    import numpy as np

    digest = hashlib.blake2b("\0".join(purpose).encode(), digest_size=16).digest()
    return np.random.default_rng([seed, *(int.from_bytes(digest[at : at + 4], "big") for at in range(0, 16, 4))])


def intervals(
    chosen: Sequence[Metric], sample: Sample, *, level: float, draws: int, seed: int, purpose: Sequence[str]
) -> list[Interval]:
    """Return each metric's percentile interval; None for fewer than two rows or where most draws are undefined."""
    if len(sample) < 2:
        return [Interval(None, None) for _ in chosen]
    drawn = [_drawn_cells(metric, sample, draws, generator(seed, "cells", *purpose)) for metric in chosen]
    by_rows = [position for position, values in enumerate(drawn) if values is None]
    if by_rows:
        forms = [weighted(chosen[position], sample) for position in by_rows]
        found = draw_rows(forms, len(sample), draws, generator(seed, "rows", *purpose))
        for position, values in zip(by_rows, found, strict=True):
            drawn[position] = values
    return [_percentiles(values, level) for values in drawn]


def draw_rows(forms: Sequence[Weighted], rows: int, draws: int, random: Any) -> list[Any]:
    """Return the values of each form on the same `draws` samples of rows with replacement."""
    import numpy as np

    found: list[list[Any]] = [[] for _ in forms]
    for weights in _weights(rows, draws, random):
        for values, form in zip(found, forms, strict=True):
            values.append(form(weights))
    return [np.concatenate(values) for values in found]


def _weights(rows: int, draws: int, random: Any) -> Iterator[Any]:
    """Yield how often each row was drawn, a row of the array for each draw, in blocks of bounded size."""
    import numpy as np

    block = max(1, BLOCK // rows)
    for start in range(0, draws, block):
        size = min(block, draws - start)
        picked = random.integers(0, rows, (size, rows))
        picked += np.arange(size)[:, None] * rows
        yield np.bincount(picked.ravel(), minlength=size * rows).reshape(size, rows).astype(float)


def weighted(metric: Metric, sample: Sample) -> Weighted:
    """Return the metric as a function of weights of the rows; whole numbers where it has no form of its own."""
    sign = -1 if metric.negated else 1
    form = _form(metric, sample) or _repeated(metric, sample)
    return form if sign == 1 or form is None else (lambda weights: sign * form(weights))


def _form(metric: Metric, sample: Sample) -> Weighted | None:
    if metrics.undefined(metric, sample) is not None:
        return _never
    name = metric.form or ""
    if name in counts.FORMULAS:
        return _of_cells(counts.FORMULAS[name], sample)
    if name in RANKINGS:
        if sample.target.binary:
            return RANKINGS[name](sample.is_positive, sample.score)
        return ranking.over_classes(RANKINGS[name], sample.codes(sample.truth), sample.probabilities)
    return means.weighted(*means.FORMS[name], sample) if name in means.FORMS else None


def _never(weights: Any) -> Any:
    import numpy as np

    return np.full(len(weights), np.nan)


def _repeated(metric: Metric, sample: Sample) -> Weighted:
    """Return a form that calls the metric's own function on the drawn rows: right for any metric, and slow."""
    function = metrics.load(metric)

    def of(weights: Any) -> Any:
        import numpy as np

        values = np.full(len(weights), np.nan)
        for position, row in enumerate(weights):
            found = attempt(metric, sample.take(np.repeat(np.arange(len(row)), row.astype(int))), function)
            if found.value is not None:
                values[position] = -found.value if metric.negated else found.value
        return values

    return of


def attempt(metric: Metric, sample: Sample, function: Callable[..., Any] | None = None) -> metrics.Value:
    """Return the metric on a slice or draw, where a function that refuses these few rows only leaves them unjudged."""
    try:
        return metrics.value(metric, sample, function)
    except (ValueError, ZeroDivisionError) as error:
        return metrics.Value(None, str(error).partition("\n")[0][:200] or type(error).__name__)


def cells_of(sample: Sample) -> tuple[Any, int, int | None]:
    """Return each row's cell of the confusion matrix as one number, the number of classes, and the positive one."""
    target = sample.target
    size = len(target.classes) + 1  # the last stands for classes that the model does not know
    truth, said = sample.codes(sample.truth) % size, sample.codes(sample.prediction) % size
    positive = target.classes.index(target.positive) if target.binary else None
    return truth * size + said, size, positive


def _of_cells(formula: counts.Formula, sample: Sample) -> Weighted:
    cells, size, positive = cells_of(sample)

    def of(weights: Any) -> Any:
        import numpy as np

        found = np.zeros((len(weights), size * size))
        for cell in np.unique(cells):
            found[:, cell] = weights[:, cells == cell].sum(axis=1)
        return formula(found.reshape(-1, size, size), positive)

    return of


def _drawn_cells(metric: Metric, sample: Sample, draws: int, random: Any) -> Any:
    """Return the metric on drawn confusion matrices, or None where it is not one of counts."""
    import numpy as np

    formula = counts.FORMULAS.get(metric.form or "")
    if formula is None:
        return None
    cells, size, positive = cells_of(sample)
    present, often = np.unique(cells, return_counts=True)
    drawn = np.zeros((draws, size * size))
    drawn[:, present] = random.multinomial(len(sample), often / len(sample), size=draws)
    values = formula(drawn.reshape(-1, size, size), positive)
    return -values if metric.negated else values


def _percentiles(values: Any, level: float) -> Interval:
    import numpy as np

    defined = values[~np.isnan(values)]
    if 2 * len(defined) < len(values):
        return Interval(None, None)
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))
