"""What a run measured, and what its gates say about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from restrike import codecs
from restrike.base.errors import RestrikeError
from restrike.evaluation import gates
from restrike.evaluation.errors import EvaluationError
from restrike.evaluation.results import Results
from restrike.execution.steprun import StepRun
from restrike.records.artifact import Artifact
from restrike.records.ledger import Ledger
from restrike.records.names import UnknownRun, resolve
from restrike.records.recorded import read
from restrike.store import Store

EVALUATE = "evaluate"  # the built-in step whose artifacts are the run's metrics and slices
ROWS = ("predict.predictions", "evaluate.rows")  # where its predictions are
TARGET = ("predict.target", "evaluate.target")

Artifacts = Mapping[str, Artifact]  # by address, `step.output`


class Unsafe(RestrikeError):
    """Metrics or predictions are stored in a form that executes code when loaded, so they are not loaded here."""

    code = "R602"


@dataclass
class Measurements:
    """Metrics and slices of a run. `metrics` maps a part (for a step's own metrics, the step) to names and numbers."""

    metrics: dict[str, dict[str, float | None]] = field(default_factory=dict)
    intervals: dict[str, dict[str, list[float | None]]] = field(default_factory=dict)
    slices: list[dict[str, Any]] = field(default_factory=list)


def artifacts_of(runs: Mapping[str, StepRun]) -> dict[str, Artifact]:
    return {f"{run.name}.{name}": made for run in runs.values() for name, made in run.outputs.items()}


def measured(store: Store, artifacts: Artifacts) -> Measurements:
    """Return what the steps that ended well have measured."""
    metrics, slices = _evaluated(store, artifacts)
    return Measurements(
        metrics={part: {name: entry["value"] for name, entry in of.items()} for part, of in metrics.items()},
        intervals={part: {name: _interval(entry) for name, entry in of.items()} for part, of in metrics.items()},
        slices=[
            {
                "slice": item["slice"],
                "part": item["part"],
                "n": item["n"],
                "metrics": {name: entry["value"] for name, entry in item["metrics"].items()},
                "intervals": {name: _interval(entry) for name, entry in item["metrics"].items()},
            }
            for item in slices
        ],
    )


def judged(
    ledger: Ledger,
    declared: list[dict[str, Any]],
    baselines: Mapping[str, str | None],
    artifacts: Artifacts,
    config: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """Return the verdict of every gate; `baselines` as `baseline_runs` gave them before the run was opened.

    A baseline that does not exist yet is no failure. Gates about what the run does not have cannot be judged and block.
    """
    if not declared:
        return []
    others = {name: _baseline(ledger, run) for name, run in baselines.items()}
    own = _results(ledger.store, artifacts, config, with_rows=any(others.values()))
    try:
        return [_gate(verdict.document()) for verdict in gates.judge(declared, own, others)]
    except EvaluationError as error:
        refused = {"verdict": "not judged", "blocks": True, "detail": error.what, "hint": error.hint}
        texts = [f"{gate['metric']} on {gate.get('on') or own.usual_part}" for gate in declared]
        return [
            {"gate": text, "text": text, "declared": gate, **refused}
            for text, gate in zip(texts, declared, strict=True)
        ]


def _gate(verdict: dict[str, Any]) -> dict[str, Any]:
    return {**verdict, "gate": verdict["text"], "declared": verdict["gate"]}


def baseline_runs(ledger: Ledger, declared: list[dict[str, Any]]) -> dict[str, str | None]:
    """Return the run that each `against` of the gates means now, before the run itself is opened; None if none does."""
    found: dict[str, str | None] = {}
    for name in {gate["against"] for gate in declared if gate.get("against")}:
        try:
            found[name] = resolve(ledger, name)
        except UnknownRun:
            found[name] = None
    return found


def _baseline(ledger: Ledger, run: str | None) -> Results | None:
    recorded = read(ledger, run) if run else None
    if recorded is None or recorded.closing is None:
        return None
    return _results(ledger.store, recorded.artifacts, recorded.config["document"], with_rows=True)


def _results(store: Store, artifacts: Artifacts, config: Mapping[str, Any], *, with_rows: bool) -> Results:
    """Return what a run measured. Its predictions are read only for paired tests: pyarrow alone takes 80 MB."""
    metrics, slices = _evaluated(store, artifacts)
    rows = next((artifacts[address] for address in ROWS if with_rows and address in artifacts), None)
    target = next((artifacts[address] for address in TARGET if address in artifacts), None)
    evaluate = config.get("evaluate") or {}
    return Results(
        metrics=metrics,
        slices=slices,
        predictions=_value(store, rows) if rows else None,
        target=_value(store, target) if target else None,
        declared=evaluate.get("slices") or (),
        seed=config["seed"],
    )


def _evaluated(store: Store, artifacts: Artifacts) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return metrics (part, name, entry) and slices as the evaluate step left them, with those of the user's steps."""
    metrics: dict[str, Any] = {}
    slices: list[dict[str, Any]] = []
    if f"{EVALUATE}.metrics" in artifacts and f"{EVALUATE}.slices" in artifacts:
        metrics |= _value(store, artifacts[f"{EVALUATE}.metrics"])
        slices = _value(store, artifacts[f"{EVALUATE}.slices"])
    for address, made in artifacts.items():
        if made.role == "metrics":
            part = metrics.setdefault(address.partition(".")[0], {})
            part |= {name: {"value": value, "low": None, "high": None} for name, value in _value(store, made).items()}
    return metrics, slices


def _value(store: Store, made: Artifact) -> Any:
    """Return a table or a JSON value; nothing that executes code is loaded outside the seal."""
    if made.executes_code:
        raise Unsafe(
            f"an artifact with metrics or predictions is stored as '{made.codec}', which executes code when loaded",
            hint="return a table, or a mapping of names to numbers",
        )
    return codecs.decode(store.path_of(made.digest), made.codec, None, None)


def _interval(entry: Mapping[str, Any]) -> list[float | None]:
    return [entry["low"], entry["high"]]
