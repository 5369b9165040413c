"""Is one model worse than another on the same rows: paired tests, their correction, and what more rows would show.

All changes are signed so that above 0 is better. Tests are one-sided: what they look for is a loss.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from restrike.evaluation import metrics
from restrike.evaluation.metrics import Metric
from restrike.evaluation.resampling import draw_rows, generator, weighted
from restrike.evaluation.sample import Sample

ALPHA = 0.05  # of a false alarm over all comparisons of a run, and of calling a worse model equivalent
Z_ALPHA = 1.6448536269514722  # the 95th percentile of the normal distribution
Z_POWER = 0.8416212335729143  # the 80th: how surely the rows asked for would decide
FEWEST_DRAWS, MOST_DRAWS = 2000, 20_000


@dataclass(frozen=True)
class Change:
    """How a metric differs between two models on shared rows. `low` and `high` bound the change with 90 %.

    `p` is the chance of a loss as large as this one if there were none; `spread` the standard deviation of the change
    for a single row, from which the rows that would decide follow.
    """

    ours: float
    theirs: float
    change: float
    low: float
    high: float
    p: float
    spread: float
    rows: int
    test: str


def same_predictions(metric: Metric, ours: Sample, theirs: Sample) -> bool:
    """Tell whether both models say bit for bit the same about these rows, as far as the metric can see."""
    import numpy as np

    names = ["prediction"] if metric.needs == "prediction" else ["score", "probabilities"]
    for name in names:
        a, b = getattr(ours, name), getattr(theirs, name)
        if (a is None) != (b is None):
            return False
        if a is not None and not (a.dtype == b.dtype and np.array_equal(a, b)):
            return False
    return True


def paired(
    metric: Metric, ours: Sample, theirs: Sample, *, comparisons: int, seed: int, purpose: Sequence[str]
) -> Change:
    """Return the change of a metric on the same rows in the same order.

    Accuracy, and recall of two classes, by McNemar's exact test; all others by a paired bootstrap, with draws enough
    for a correction over `comparisons` tests.
    """
    if metric.form == "accuracy":
        return _of_hits(metric, ours, theirs)
    if metric.form == "recall" and ours.target.binary:
        rows = ours.is_positive
        return _of_hits(metric, ours.take(rows), theirs.take(rows))
    return _of_draws(metric, ours, theirs, comparisons, seed, purpose)


def _of_hits(metric: Metric, ours: Sample, theirs: Sample) -> Change:
    right, before = ours.prediction == ours.truth, theirs.prediction == theirs.truth
    lost, gained = int((before & ~right).sum()), int((right & ~before).sum())
    rows = len(ours)
    # Agresti and Min (2005): half a pair more in each cell keeps the interval honest for few rows.
    total, apart = rows + 2, lost + gained + 1
    centre = (gained - lost) / total
    spread = math.sqrt(apart / total - centre**2)
    reach = Z_ALPHA * spread / math.sqrt(total)
    return Change(
        ours=float(right.mean()),
        theirs=float(before.mean()),
        change=(gained - lost) / rows,
        low=max(-1.0, centre - reach),
        high=min(1.0, centre + reach),
        p=mcnemar(lost, gained),
        spread=spread,
        rows=rows,
        test="exact McNemar",
    )


def _of_draws(
    metric: Metric, ours: Sample, theirs: Sample, comparisons: int, seed: int, purpose: Sequence[str]
) -> Change:
    import numpy as np

    sign = 1 if metric.greater_is_better else -1
    draws = min(MOST_DRAWS, max(FEWEST_DRAWS, 50 * comparisons))  # else no p-value could pass the correction
    forms = [weighted(metric, ours), weighted(metric, theirs)]
    whole = np.ones((1, len(ours)))
    now, before = (float(form(whole)[0]) for form in forms)
    a, b = draw_rows(forms, len(ours), draws, generator(seed, "paired", *purpose))
    changes = sign * (a - b)
    changes = changes[~np.isnan(changes)]
    if not len(changes):
        return Change(
            now, before, sign * (now - before), -math.inf, math.inf, 1.0, math.inf, len(ours), "paired bootstrap"
        )
    low, high = np.quantile(changes, [ALPHA, 1 - ALPHA])
    return Change(
        ours=now,
        theirs=before,
        change=sign * (now - before),
        low=float(low),
        high=float(high),
        p=(1 + int((changes >= 0).sum())) / (1 + len(changes)),
        spread=float(changes.std()) * math.sqrt(len(ours)),
        rows=len(ours),
        test="paired bootstrap",
    )


def mcnemar(lost: int, gained: int) -> float:
    """Return the exact one-sided chance of `lost` or more losses among all changed rows, were both kinds as likely."""
    changed = lost + gained
    if lost <= gained:
        return 1.0 - _tail(gained + 1, changed) if lost else 1.0
    return min(1.0, _tail(lost, changed))


def _tail(least: int, tosses: int) -> float:
    """Return the chance of at least `least` heads, for `least` above half of the tosses."""
    if least > tosses:
        return 0.0
    log = math.lgamma(tosses + 1) - math.lgamma(least + 1) - math.lgamma(tosses - least + 1) - tosses * math.log(2)
    term = total = math.exp(log)
    for heads in range(least, tosses):
        term *= (tosses - heads) / (heads + 1)
        total += term
        if term < total * 1e-17:
            break
    return total


def holm(chances: Sequence[float]) -> list[float]:
    """Return p-values corrected by Holm's method: any below alpha is an alarm, and all alarms together err by alpha."""
    order = sorted(range(len(chances)), key=lambda position: chances[position])
    corrected = [1.0] * len(chances)
    largest = 0.0
    for rank, position in enumerate(order):
        largest = max(largest, min(1.0, chances[position] * (len(chances) - rank)))
        corrected[position] = largest
    return corrected


def rows_needed(change: Change, margin: float) -> int | None:
    """Return how many rows would show, with 80 % certainty, that a model that is no worse stays inside the margin."""
    if margin <= 0 or not math.isfinite(change.spread):
        return None
    return max(change.rows + 1, math.ceil(((Z_ALPHA + Z_POWER) * change.spread / margin) ** 2))


def defined(metric: Metric, ours: Sample, theirs: Sample) -> str | None:
    """Return why the metric has no meaning for one of the models on these rows, or None."""
    return metrics.undefined(metric, ours) or metrics.undefined(metric, theirs)


def shared(ours: dict[str, Any], theirs: dict[str, Any], part: str) -> tuple[Any, Any]:
    """Return the positions in both tables of the rows that both have in this part, in our order."""
    import numpy as np

    places = {
        key: at for at, (key, where) in enumerate(zip(theirs["key"], theirs["part"], strict=True)) if where == part
    }
    pairs = [
        (at, places[key])
        for at, (key, where) in enumerate(zip(ours["key"], ours["part"], strict=True))
        if where == part and key in places
    ]
    found = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def with_truth(sample: Sample, truth: Any) -> Sample:
    return replace(sample, truth=truth)
