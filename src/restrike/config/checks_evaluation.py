"""What evaluation and gates say about each other, about the split and about steps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from restrike.config import resolved
from restrike.config.grammar_pipeline import (
    BaselineGate,
    BySlice,
    Document,
    LimitGate,
    PredictionsEvaluation,
    WhereSlice,
)
from restrike.config.tree import Path
from restrike.config.wording import Fault, near, undeclared
from restrike.evaluation import expression, metrics
from restrike.evaluation.errors import ExpressionError, MetricError


def evaluation_faults(model: Document) -> Iterator[Fault]:
    """Yield metrics, slices and parts that do not exist."""
    evaluation = model.evaluate
    if evaluation is None:
        return
    yield from _metrics(evaluation.metrics)
    yield from _expressions(evaluation.slices)
    told = [resolved.metric_name(metric) for metric in evaluation.metrics]
    yield from _twice(told, ("evaluate", "metrics"), "metric")
    named = [part.name if isinstance(part, WhereSlice) else part.by for part in evaluation.slices]
    yield from _twice(named, ("evaluate", "slices"), "slice")
    if isinstance(evaluation, PredictionsEvaluation):
        if evaluation.data is not None and evaluation.data not in model.data:
            yield undeclared(("evaluate", "data"), evaluation.data, list(model.data))
        if model.train_on is not None:
            yield Fault(
                ("evaluate", "predictions"),
                "'evaluate.predictions' belongs to 'steps'; 'train_on' makes its own",
                at_key=True,
            )
    elif model.steps is not None:
        yield Fault(("evaluate",), "'evaluate' has no 'predictions': a pipeline of steps says which output to judge")
    else:
        known = resolved.parts(model)
        for position, part in enumerate(evaluation.on or []):
            if known is not None and part not in known:
                told_part = f"'evaluate.on' names no part of the split: '{part}'{near(part, known, 'parts')}"
                yield Fault(("evaluate", "on", position), told_part)


def slice_columns(model: Document) -> Iterator[tuple[Path, str]]:
    """Yield the columns that slices are cut by, each with its place."""
    for position, part in enumerate(model.evaluate.slices if model.evaluate else ()):
        place: Path = ("evaluate", "slices", position)
        if isinstance(part, BySlice):
            yield (*place, "by"), part.by
            continue
        try:
            for column in expression.names(expression.parse(part.where)):
                yield (*place, "where"), column
        except ExpressionError:
            continue  # told by _expressions


def _metrics(declared: Sequence[Any]) -> Iterator[Fault]:
    for position, metric in enumerate(declared):
        if isinstance(metric, str):
            try:
                metrics.named(metric)
            except MetricError:
                told = f"there is no metric '{metric}'{near(metric, metrics.names(), 'metrics')}"
                yield Fault(("evaluate", "metrics", position), told)


def _expressions(slices: Sequence[Any]) -> Iterator[Fault]:
    for position, part in enumerate(slices):
        if isinstance(part, WhereSlice):
            try:
                expression.parse(part.where)
            except ExpressionError as error:
                path = ("evaluate", "slices", position, "where")
                told = f"'where' cannot be read at character {error.position + 1}: {error.what}"
                yield Fault(path, told, error.hint)


def _twice(names: Sequence[str], path: Path, kind: str) -> Iterator[Fault]:
    for position, name in enumerate(names):
        if name in names[:position]:
            yield Fault((*path, position), f"{kind} '{name}' is given twice")


def gate_faults(model: Document) -> Iterator[Fault]:
    """Yield gates on what is not computed, and gates without a limit."""
    reported = any(
        output.kind == "metrics" for step in (model.steps or {}).values() for output in step.outputs.values()
    )
    computed = [resolved.metric_name(metric) for metric in model.evaluate.metrics] if model.evaluate else []
    judged = resolved.judged_parts(model)
    for position, gate in enumerate(model.gates):
        place = ("gates", position)
        if not reported and gate.metric not in computed:
            told = f"gate on '{gate.metric}', which is not among the metrics{near(gate.metric, computed, 'metrics')}"
            yield Fault((*place, "metric"), told)
        if gate.on is not None and judged and gate.on not in judged and not _own_parts(model):
            told = f"gate on part '{gate.on}', which is not evaluated{near(gate.on, judged, 'parts')}"
            yield Fault((*place, "on"), told)
        if isinstance(gate, LimitGate):
            yield from _limits(gate, place)
        else:
            yield from _gate_slices(gate, place, model)


def _own_parts(model: Document) -> bool:
    """Whether the parts are those of a table that a step makes, which only the run can tell."""
    return isinstance(model.evaluate, PredictionsEvaluation) and model.evaluate.on is None


def _limits(gate: LimitGate, place: Path) -> Iterator[Fault]:
    if gate.min is None and gate.max is None:
        yield Fault(place, "a gate needs a limit: min, max, or against with max_drop")
    elif gate.min is not None and gate.max is not None and gate.min > gate.max:
        yield Fault((*place, "min"), f"no value is at least {gate.min:g} and at most {gate.max:g}")


def _gate_slices(gate: BaselineGate, place: Path, model: Document) -> Iterator[Fault]:
    slices = model.evaluate.slices if model.evaluate else []
    if gate.slices is None:
        return
    if not slices:
        yield Fault((*place, "slices"), "gate on slices, but 'evaluate.slices' declares none")
    elif gate.slices != "all":
        # A slice `by` a column has one name for each value, which only the data can tell: COLUMN=VALUE or COLUMN.
        plain = [part.name for part in slices if isinstance(part, WhereSlice)]
        columns = [part.by for part in slices if isinstance(part, BySlice)]
        for position, name in enumerate(gate.slices):
            if name not in plain and re.split(r"\W", name)[0] not in columns and name not in columns:
                told = f"gate on slice '{name}', which is not declared{near(name, plain + columns, 'slices')}"
                yield Fault((*place, "slices", position), told)
