"""What a run measured, and what its gates say about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from restrike import codecs
from restrike.evaluation import gates
from restrike.evaluation.results import Results
from restrike.execution.steprun import StepRun
from restrike.records.artifact import Artifact, from_document
from restrike.records.ledger import Ledger
from restrike.records.names import UnknownRun, resolve
from restrike.store import Store


@dataclass
class Measurements:
    """Metrics and slices of a run. `metrics` maps a part (or a step's name) to names and numbers."""

    metrics: dict[str, dict[str, float | None]] = field(default_factory=dict)
    intervals: dict[str, dict[str, list[float | None]]] = field(default_factory=dict)
    slices: list[dict[str, Any]] = field(default_factory=list)


def measured(store: Store, runs: Mapping[str, StepRun]) -> Measurements:
    """Return what the steps that ended well have measured."""
    found = Measurements()
    for run in runs.values():
        if run.step.builtin and "metrics" in run.outputs:
            _take_metrics(found, _json(store, run.outputs["metrics"]))
            found.slices = [_slice(entry) for entry in _json(store, run.outputs["slices"])]
            continue
        for made in run.outputs.values():
            if made.role == "metrics":
                found.metrics.setdefault(run.name, {}).update(_json(store, made))
    return found


def judged(
    ledger: Ledger, declared: list[dict[str, Any]], measurements: Measurements, runs: Mapping[str, StepRun]
) -> list[dict[str, Any]]:
    """Return the verdict of every gate. A baseline that does not exist yet is no failure."""
    if not declared:
        return []
    artifacts = {address: made for run in runs.values() for address, made in _addressed(run)}
    own = _results(ledger.store, measurements.metrics, measurements.intervals, measurements.slices, artifacts)
    baselines = {
        name: _baseline(ledger, name) for name in {gate["against"] for gate in declared if gate.get("against")}
    }
    return [verdict.document() for verdict in gates.judge(declared, own, baselines)]


def _baseline(ledger: Ledger, name: str) -> Results | None:
    try:
        run = resolve(ledger, name)
    except UnknownRun:
        return None
    rows = ledger.index.query("SELECT record FROM closings WHERE run = ?", run)
    if not rows:
        return None
    closing = ledger.store.record(rows[0]["record"])
    artifacts: dict[str, Artifact] = {}
    for entry in closing["steps"]:
        if entry["record"]:
            record = ledger.store.record(entry["record"])
            artifacts |= {f"{entry['step']}.{name}": from_document(made) for name, made in record["outputs"].items()}
    return _results(ledger.store, closing["metrics"], closing["intervals"], closing["slices"], artifacts)


def _results(
    store: Store,
    metrics: Mapping[str, Any],
    intervals: Mapping[str, Any],
    slices: list[dict[str, Any]],
    artifacts: Mapping[str, Artifact],
) -> Results:
    predictions = next((made for name, made in artifacts.items() if name == "predict.predictions"), None)
    table = codecs.decode(store.path_of(predictions.digest), predictions.codec, None) if predictions else None
    return Results(metrics=metrics, intervals=intervals, slices=slices, predictions=table)


def _addressed(run: StepRun) -> Iterator[tuple[str, Artifact]]:
    for name, made in run.outputs.items():
        yield f"{run.name}.{name}", made


def _take_metrics(found: Measurements, document: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
    for part, metrics in document.items():
        found.metrics[part] = {name: entry["value"] for name, entry in metrics.items()}
        found.intervals[part] = {name: [entry["low"], entry["high"]] for name, entry in metrics.items()}


def _slice(entry: Mapping[str, Any]) -> dict[str, Any]:
    metrics = entry["metrics"]
    return {
        "slice": entry["slice"],
        "part": entry["part"],
        "n": entry["n"],
        "metrics": {name: metric["value"] for name, metric in metrics.items()},
        "intervals": {name: [metric["low"], metric["high"]] for name, metric in metrics.items()},
    }


def _json(store: Store, made: Artifact) -> Any:
    return codecs.decode(store.path_of(made.digest), made.codec, dict)
