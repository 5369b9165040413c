"""Gates: conditions that a run's metrics must meet, by themselves or beside another run.

Beside another run, no simple threshold: with 20 slices of 500 rows one of them nearly always drops by a point though
nothing has changed. A comparison is REGRESSED where a paired test, corrected over all comparisons of the run, shows a
loss and the loss exceeds what is allowed; EQUIVALENT where the interval of the change stays within what is allowed;
UNDECIDED otherwise, with the rows that would decide.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from typing import Any

from restrike.evaluation import compare, metrics, slices
from restrike.evaluation.compare import ALPHA, Change
from restrike.evaluation.errors import EvaluationError, MetricError
from restrike.evaluation.metrics import Metric
from restrike.evaluation.results import Results
from restrike.evaluation.sample import Sample, Target, columns, sample

MAX_DROP = 0.02


@dataclass(frozen=True)
class GateVerdict:
    """What one gate says of one part or slice. `blocks` is what makes the run blocked."""

    gate: Mapping[str, Any]
    text: str
    verdict: str  # passed, failed, no baseline, REGRESSED, EQUIVALENT, UNDECIDED
    blocks: bool
    detail: str | None = None
    part: str | None = None
    slice: str | None = None
    value: float | None = None
    limit: float | None = None
    baseline: float | None = None
    change: float | None = None
    low: float | None = None
    high: float | None = None
    rows: int | None = None
    p: float | None = None  # corrected
    rows_needed: int | None = None

    def document(self) -> dict[str, Any]:
        return {**asdict(self), "gate": dict(self.gate)}


@dataclass(frozen=True)
class _Pair:
    """A comparison that waits for the correction."""

    verdict: GateVerdict
    margin: float
    change: Change


def judge(
    gates: Sequence[Mapping[str, Any]], results: Results, baselines: Mapping[str, Results | None]
) -> list[GateVerdict]:
    """Return a verdict for each gate, or each slice of a gate about slices, in declared order.

    `baselines` maps what the gates' `against` names to that run's results, or None where there is no such run yet:
    that is `no baseline`, and no failure. Raise EvaluationError for a part, slice or metric that does not exist.
    """
    found: list[GateVerdict | _Pair] = []
    expected = sum(len(_slices(gate, results)) for gate in gates if gate.get("against"))
    tables = {"": _Table(results)} | {name: _Table(other) for name, other in baselines.items() if other is not None}
    for gate in gates:
        part = _part(gate, results)
        for where in _slices(gate, results):
            if not gate.get("against"):
                found.append(_absolute(gate, results, part, where))
            elif baselines.get(gate["against"]) is None:
                text = f"{_subject(gate, part, where)}: no worse than '{gate['against']}'"
                detail = f"there is no run '{gate['against']}' yet"
                found.append(GateVerdict(gate, text, "no baseline", False, detail, part, where))
            else:
                found.append(_beside(gate, tables[""], tables[gate["against"]], part, where, expected))
    return _decided(found)


class _Table:
    """The predictions of a run, read once however many gates ask."""

    def __init__(self, results: Results):
        self.results = results
        self.rows: dict[str, Any] | None = None
        self.sample: Sample | None = None
        self.cut: dict[str, Any] = {}
        self.pairs: dict[tuple[int, str], tuple[Any, Any]] = {}
        if results.predictions is not None and results.target is not None:
            self.target = Target.of(results.target)

    @property
    def readable(self) -> bool:
        return self.results.predictions is not None and self.results.target is not None

    def read(self) -> tuple[dict[str, Any], Sample]:
        if self.rows is None or self.sample is None:
            self.rows = columns(self.results.predictions)
            self.sample = sample(self.rows, self.target)
            self.cut = {item.name: item.rows for item in slices.cut(self.results.declared, self.rows)}
        return self.rows, self.sample

    def shared_with(self, other: _Table, part: str) -> tuple[Any, Any]:
        """Return the positions here and there of the rows that both have in a part."""
        if (id(other), part) not in self.pairs:
            self.pairs[id(other), part] = compare.shared(self.read()[0], other.read()[0], part)
        return self.pairs[id(other), part]


def _part(gate: Mapping[str, Any], results: Results) -> str:
    part: str = gate.get("on") or results.usual_part
    if part not in results.metrics:
        raise EvaluationError(
            f"a gate is on part '{part}', which is not evaluated{_nearest(part, results.metrics)}",
            hint=f"evaluated are: {', '.join(results.metrics)}",
        )
    return part


def _slices(gate: Mapping[str, Any], results: Results) -> list[str | None]:
    wanted = gate.get("slices")
    if not wanted:
        return [None]
    known = results.slice_names(_part(gate, results))
    if wanted == "all":
        return list(known)
    for name in wanted:
        if name not in known:
            raise EvaluationError(
                f"a gate is about slice '{name}', which does not exist{_nearest(name, known)}",
                hint=f"the slices are: {', '.join(known) or 'none'}",
            )
    return list(wanted)


def _nearest(name: str, known: Any) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""


def _subject(gate: Mapping[str, Any], part: str, where: str | None) -> str:
    return f"{gate['metric']} on {part}" + (f", {where}" if where else "")


def _absolute(gate: Mapping[str, Any], results: Results, part: str, where: str | None) -> GateVerdict:
    entry = results.entry(part, gate["metric"], where)
    if entry is None:
        known = results.metrics[part]
        raise EvaluationError(
            f"a gate asks for metric '{gate['metric']}', which is not evaluated{_nearest(gate['metric'], known)}",
            hint=f"evaluate: {{metrics: [{', '.join([*known, gate['metric']])}]}}",
        )
    least, most = gate.get("min"), gate.get("max")
    limits = [f">= {least}"] * (least is not None) + [f"<= {most}"] * (most is not None)
    text = f"{_subject(gate, part, where)} {' and '.join(limits)}"
    value = entry["value"]
    verdict = GateVerdict(
        gate, text, "passed", False, None, part, where, value, least if least is not None else most,
        low=entry.get("low"), high=entry.get("high"),
    )  # fmt: skip
    if value is None:
        return replace(verdict, verdict="failed", blocks=True, detail=f"undefined: {entry.get('reason')}")
    passed = (least is None or value >= least) and (most is None or value <= most)
    detail = _straddling(verdict.low, verdict.high, least, most)
    return replace(verdict, verdict="passed" if passed else "failed", blocks=not passed, detail=detail)


def _straddling(low: float | None, high: float | None, least: float | None, most: float | None) -> str | None:
    if low is None or high is None:
        return None
    for limit in (least, most):
        if limit is not None and low < limit < high:
            return f"the interval {low:.4g} to {high:.4g} reaches across {limit:g}: too few rows to be sure"
    return None


def _beside(
    gate: Mapping[str, Any], ours: _Table, theirs: _Table, part: str, where: str | None, comparisons: int
) -> GateVerdict | _Pair:
    margin = float(gate["max_drop"]) if gate.get("max_drop") is not None else MAX_DROP
    text = f"{_subject(gate, part, where)}: no more than {margin:g} worse than '{gate['against']}'"
    waiting = GateVerdict(gate, text, "UNDECIDED", False, part=part, slice=where, limit=margin)
    entry = ours.results.entry(part, gate["metric"], where)
    metric = _built_in(gate["metric"], entry)
    if metric is None or not ours.readable or not theirs.readable:
        return _by_value(waiting, entry, theirs.results.entry(part, gate["metric"], where), margin)
    found = _shared(ours, theirs, part, where)
    if isinstance(found, str):
        return replace(waiting, detail=found)
    a, b, note = found
    waiting = replace(waiting, rows=len(a), detail=note)
    if compare.same_predictions(metric, a, b):
        detail = f"the predictions are the same, bit for bit, on {len(a)} rows"
        return replace(waiting, verdict="EQUIVALENT", change=0.0, low=0.0, high=0.0, detail=detail)
    if metric.needs != "prediction" and (metric_lack := _lack(metric, a, b)):
        return replace(waiting, detail=metric_lack)
    if reason := compare.defined(metric, a, b):
        return replace(waiting, detail=reason)
    purpose = [gate["metric"], part, where or ""]
    change = compare.paired(metric, a, b, comparisons=comparisons, seed=ours.results.seed, purpose=purpose)
    return _Pair(waiting, margin, change)


def _built_in(name: str, entry: Mapping[str, Any] | None) -> Metric | None:
    """Return the metric, or None for one of the user's own, whose code is not run here."""
    try:
        return metrics.named(name)
    except MetricError:
        if entry is None:
            raise
        return None


def _shared(ours: _Table, theirs: _Table, part: str, where: str | None) -> tuple[Sample, Sample, str | None] | str:
    """Return both models' samples of the rows that they share, judged by our truth, or why there are none."""
    mine, other = ours.read()[1], theirs.read()[1]
    if mine.target.task != other.target.task or mine.target.positive != other.target.positive:
        return "the baseline predicts something else"
    here, there = ours.shared_with(theirs, part)
    if where is not None:
        inside = ours.cut[where][here]
        here, there = here[inside], there[inside]
    if not len(here):
        return "no row is shared with the baseline"
    a, b = mine.take(here), other.take(there)
    changed = int((a.truth != b.truth).sum())
    note = f"the truth of {changed} rows has changed since; both are judged by today's" if changed else None
    return a, compare.with_truth(b, a.truth), note


def _lack(metric: Metric, a: Sample, b: Sample) -> str | None:
    for name, each in (("this run", a), ("the baseline", b)):
        if each.score is None and each.probabilities is None:
            return f"{name} has no scores"
        if metric.needs == "probability" and each.target.scores != "probability":
            return f"{name} has no probabilities"
    return "the baseline knows other classes" if a.target.classes != b.target.classes else None


def _by_value(
    waiting: GateVerdict, ours: Mapping[str, Any] | None, theirs: Mapping[str, Any] | None, margin: float
) -> GateVerdict:
    """Judge by values and intervals alone: only a loss beyond the margin with intervals apart is a regression."""
    if ours is None or theirs is None or ours["value"] is None or theirs["value"] is None:
        return replace(waiting, detail="one of the two runs has no value for it")
    sign = -1 if ours.get("better") == "lower" else 1
    change = sign * (ours["value"] - theirs["value"])
    known = None not in (ours.get("low"), ours.get("high"), theirs.get("low"), theirs.get("high"))
    apart = known and (ours["high"] < theirs["low"] if sign > 0 else ours["low"] > theirs["high"])
    verdict = replace(waiting, value=ours["value"], baseline=theirs["value"], change=change)
    verdict = replace(verdict, detail="compared by value and interval alone, not row by row")
    if apart and -change > margin:
        return replace(verdict, verdict="REGRESSED", blocks=True)
    return verdict


def _decided(found: Sequence[GateVerdict | _Pair]) -> list[GateVerdict]:
    """Apply Holm's correction over all comparisons that ask for it, and say the verdicts."""
    tested = [
        item for item in found if isinstance(item, _Pair) and item.verdict.gate.get("correction", "holm") != "none"
    ]
    corrected = compare.holm([item.change.p for item in tested])
    chances = {id(item): p for item, p in zip(tested, corrected, strict=True)}
    verdicts = []
    for item in found:
        verdict = _verdict(item, chances.get(id(item))) if isinstance(item, _Pair) else item
        if verdict.gate.get("strict") and verdict.verdict == "UNDECIDED":
            verdict = replace(verdict, blocks=True)
        verdicts.append(verdict)
    return verdicts


def _verdict(pair: _Pair, corrected: float | None) -> GateVerdict:
    change = pair.change
    p = change.p if corrected is None else corrected
    verdict = replace(
        pair.verdict, value=change.ours, baseline=change.theirs, change=change.change, p=p,
        low=_finite(change.low), high=_finite(change.high), rows=change.rows,
    )  # fmt: skip
    told = f"{change.test} on {change.rows} shared rows"
    if change.low >= -pair.margin:
        return replace(verdict, verdict="EQUIVALENT", detail=_with(verdict.detail, told))
    if p <= ALPHA and -change.change > pair.margin:
        return replace(verdict, verdict="REGRESSED", blocks=True, detail=_with(verdict.detail, f"{told}, p = {p:.2g}"))
    needed = compare.rows_needed(change, pair.margin)
    more = f"; {needed} rows would decide" if needed else ""
    return replace(verdict, rows_needed=needed, detail=_with(verdict.detail, told + more))


def _with(note: str | None, told: str) -> str:
    return f"{told}; {note}" if note else told


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
