"""The metrics of a model on each part of the split and on each slice of it, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from restrike.evaluation import metrics, slices
from restrike.evaluation.metrics import Metric
from restrike.evaluation.resampling import Interval, attempt, intervals
from restrike.evaluation.sample import Sample, Target, sample

LEVEL, DRAWS = 0.95, 1000


def measure(
    table: Mapping[str, Any],
    target: Target,
    *,
    declared: Sequence[str | Mapping[str, Any]],
    slices_declared: Sequence[Mapping[str, Any]] = (),
    bootstrap: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return `{part: {metric: {value, low, high, n, better}}}` and `[{slice, part, n, metrics}]`.

    `table` maps the columns of a predictions table to arrays. A metric that has no meaning for the rows has the value
    None and a `reason`. Equal rows in equal order and an equal seed give equal documents.
    """
    everything = sample(table, target)
    chosen = metrics.all_named(declared, target, everything)
    parts = _parts(table)
    found: dict[str, Any] = {}
    for part, rows in parts.items():
        part_sample = everything.take(rows)
        ranges = _ranges(chosen, part_sample, bootstrap, seed, [part])
        found[part] = {
            metric.name: _entry(metrics.value(metric, part_sample), interval)
            | {"n": len(part_sample), "better": "higher" if metric.greater_is_better else "lower"}
            for metric, interval in zip(chosen, ranges, strict=True)
        }
    sliced = [
        _slice(chosen, everything.take(rows & item.rows), item.name, part, bootstrap, seed)
        for item in slices.cut(slices_declared, table)
        for part, rows in parts.items()
    ]
    return found, sliced


def _slice(
    chosen: Sequence[Metric], rows: Sample, name: str, part: str, bootstrap: Mapping[str, Any] | None, seed: int
) -> dict[str, Any]:
    ranges = _ranges(chosen, rows, bootstrap, seed, [part, name])
    measured = {
        metric.name: _entry(attempt(metric, rows), interval) for metric, interval in zip(chosen, ranges, strict=True)
    }
    return {"slice": name, "part": part, "n": len(rows), "metrics": measured}


def _entry(found: metrics.Value, interval: Interval) -> dict[str, Any]:
    entry: dict[str, Any] = {"value": found.value, "low": interval.low, "high": interval.high}
    if found.value is None:
        entry |= {"low": None, "high": None, "reason": found.reason}
    return entry


def _ranges(
    chosen: Sequence[Metric], rows: Sample, bootstrap: Mapping[str, Any] | None, seed: int, purpose: list[str]
) -> list[Interval]:
    options = bootstrap or {}
    if options.get("method", "bootstrap") == "none":
        return [Interval(None, None) for _ in chosen]
    level, draws = options.get("level", LEVEL), options.get("samples", DRAWS)
    return intervals(chosen, rows, level=level, draws=draws, seed=seed, purpose=purpose)


def _parts(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rows of each part as boolean arrays, in the order in which the parts first appear."""
    names = table["part"]
    return {str(part): names == part for part in dict.fromkeys(names.tolist())}
