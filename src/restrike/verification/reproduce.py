"""`reproduce`: from a run ID alone, rebuild everything, execute again in isolation and judge.

It trusts nothing: no cache, no working tree, no user environment, and no network beyond the rebuild of the environment.
A verdict is a result, not an exception; what stands in the way of judging is collected in `missing`.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from restrike.base.digest import base32
from restrike.base.errors import RestrikeError, StorageFull, StorageReadOnly
from restrike.environment.bytecode import compile_modules
from restrike.execution import findings, reuse
from restrike.execution.executor import Executor
from restrike.execution.log import RunLog
from restrike.execution.materials import Materials, Sealed
from restrike.execution.outcome import Measurements, artifacts_of, measured
from restrike.execution.process import identity_of_process
from restrike.execution.run import Place
from restrike.execution.runner import Progress, Rules, Runner
from restrike.execution.steprun import StepRun, totals
from restrike.pipeline.graph import Step
from restrike.records import documents
from restrike.records.artifact import Artifact
from restrike.records.recorded import RecordedRun
from restrike.store.errors import ObjectCorrupt, ObjectMissing
from restrike.verification import compare, differences, scope
from restrike.verification.rebuilt import Proof, environment_for


class UnknownStep(RestrikeError):
    """A run has no step of this name."""

    code = "R801"


@dataclass(frozen=True)
class Diverged:
    """A step that was executed again and came out otherwise: all that the search for its cause starts from."""

    place: Place
    recorded: RecordedRun
    proof: Proof
    again: StepRun
    scope: dict[str, Any]
    progress: Progress


Explain = Callable[[Diverged], dict[str, Any]]


@dataclass(frozen=True)
class Request:
    """What is asked of a reproduction."""

    env: str = "rebuilt"  # or "current": the project's environment as it is now
    step: str | None = None  # this step alone, on its recorded inputs
    workers: int = 1
    explain: Explain | None = None  # finds the cause of a divergence; asked only when there is one


@dataclass
class Reproduction:
    """A verdict with all that it rests on."""

    run: str
    verdict: compare.Verdict
    judgements: list[compare.StepJudgement] = field(default_factory=list)
    divergence: dict[str, Any] | None = None
    cause: dict[str, Any] | None = None
    metrics: list[dict[str, Any]] = field(default_factory=list)
    scope: dict[str, Any] = field(default_factory=dict)
    missing: list[dict[str, Any]] = field(default_factory=list)
    result: str | None = None
    cpu_seconds: float = 0.0
    seconds: float = 0.0

    def record(self) -> dict[str, Any]:
        """Return the verdict's record for the ledger."""
        return {
            "format": documents.VERDICT,
            "run": self.run,
            "verdict": self.verdict,
            "steps": [judgement.document() for judgement in self.judgements],
            "divergence": self.divergence,
            "cause": self.cause,
            "metrics": self.metrics,
            "scope": self.scope,
            "missing": self.missing,
            "result": self.result,
            "process": identity_of_process(),
            "cpu_seconds": round(self.cpu_seconds, 6),
            "seconds": round(self.seconds, 6),
            "time": time.time(),
        }


def reproduce(
    place: Place, recorded: RecordedRun, request: Request, folder: Path, progress: Progress
) -> tuple[str, dict[str, Any]]:
    """Execute a recorded run again, record the verdict, and return its ID and record."""
    started = time.time()
    steps = chosen(recorded, request.step)
    outcome = Reproduction(recorded.run, "could not judge", missing=unjudgeable(recorded) or _unsound(recorded))
    if not outcome.missing:
        try:
            proof = environment_for(place, recorded, request.env, progress)
            _execute(place, recorded, request, steps, proof, folder, progress, outcome)
        except (StorageFull, StorageReadOnly):
            raise  # says nothing about the run
        except RestrikeError as error:
            told = {"what": error.what, "details": list(error.details), "hint": error.hint, "code": error.code}
            outcome.missing.append(told)
    outcome.seconds = time.time() - started
    record = outcome.record()
    return base32(place.ledger.append(record)), record


def unjudgeable(recorded: RecordedRun) -> list[dict[str, str | None]]:
    """Return what, before anything is executed, stands in the way of judging a run."""
    missing: list[dict[str, str | None]] = []
    if recorded.closing is None or recorded.closing["status"] == "interrupted":
        missing.append({"what": "the run was interrupted, so it has no result to compare with", "hint": "restrike run"})
    architecture = recorded.environment["arch"]
    if architecture != platform.machine():
        what = f"the run was made on another architecture ({architecture}); this machine is {platform.machine()}"
        missing.append({"what": what, "hint": f"reproduce it on a {architecture} machine"})
    missing += scope.instructions_missing(recorded)
    for name in recorded.recipe["secrets"]:
        if name not in os.environ:
            missing.append({"what": f"the secret variable '{name}' is not set", "hint": f"export {name}=..."})
    return missing


def _unsound(recorded: RecordedRun) -> list[dict[str, str | None]]:
    """Return what of a run's objects is damaged or missing. Nothing is called identical to what is not whole."""
    store, missing = recorded.ledger.store, []
    leaves = {
        entry.digest
        for folder in recorded.folders
        if store.is_sound(folder)
        for entry in store.read_tree(folder)
        if entry.is_file
    }
    for digest in sorted(recorded.objects | leaves):
        try:
            store.path_of(digest)
        except (ObjectMissing, ObjectCorrupt) as error:
            missing.append({"what": error.what, "hint": error.hint, "code": error.code})
    return missing


def chosen(recorded: RecordedRun, name: str | None) -> tuple[Step, ...]:
    """Return a run's steps, or the one that is named; raise UnknownStep if it has none of that name."""
    if name is None:
        return recorded.steps
    chosen = tuple(step for step in recorded.steps if step.name == name)
    if not chosen:
        known = ", ".join(step.name for step in recorded.steps)
        raise UnknownStep(f"the run has no step '{name}' (it has: {known})", where=f"run {recorded.run[:12]}")
    return chosen


def sealed_as_recorded(recorded: RecordedRun, proof: Proof) -> Sealed:
    """Return what a run's steps are sealed in, with the environment that was rebuilt for it."""
    recipe = recorded.recipe
    kinds = recorded.opening["kinds"]
    reads = {name: item.get("read") or {} for name, item in recorded.config["document"]["data"].items()}
    return Sealed(
        commit=recorded.opening["commit"],
        fingerprint=recipe["code"]["fingerprint"],
        engine=recipe["engine"],
        interpreter=proof.environment.interpreter,
        seal_paths=proof.environment.seal_paths,
        import_roots=tuple(recipe["code"]["import_roots"]),
        installed=recipe["code"].get("installed", {}),
        variables=recipe["variables"],
        data={name: {**item, "kind": kinds[name], "read": reads[name]} for name, item in recipe["data"].items()},
        secrets={name: os.environ[name] for name in recipe["secrets"]},
        steps=recorded.steps,
        hidden=(Path.home(),),
    )


def _execute(
    place: Place,
    recorded: RecordedRun,
    request: Request,
    steps: tuple[Step, ...],
    proof: Proof,
    folder: Path,
    progress: Progress,
    outcome: Reproduction,
) -> None:
    """Execute the steps afresh and judge them into `outcome`."""
    store = place.ledger.store
    sealed = replace(sealed_as_recorded(recorded, proof), steps=steps)  # one step alone shares no imports with others
    log = RunLog(
        folder / "log",
        secrets=sealed.secrets.values(),
        listen=lambda entry: progress({"event": "log", **entry}),
    )
    materials = Materials(store, place.repository, sealed, folder, on_log=log.write, fresh=True)
    rules = Rules(reuse.never, lambda made: made.digest, lambda run: None, request.workers)
    errors = {name: record["error"] for name, record in recorded.step_records.items() if record["error"]}
    found = {name: record["findings"] for name, record in recorded.step_records.items()}
    executor = Executor(store, materials, log, findings.as_recorded(errors, found))
    runner = Runner(recorded.recipe, steps, materials, executor, rules, progress)
    try:
        runs = runner.execute(recorded_inputs(recorded, steps) if request.step else None)
        _judge(recorded, runs, materials, outcome)
        if proof.built:
            progress({"event": "phase", "text": "compiling what was imported, for the next time"})
            compile_modules(proof.environment.interpreter, materials.imported())
        materials.stop()
        outcome.scope = scope.document(recorded, request.env, request.step, proof, materials.isolation)
        outcome.result = _result(measured(store, artifacts_of(runs)), runs, request, proof)
        outcome.cpu_seconds = totals(runs)[0]
        if outcome.divergence and request.explain:
            again = runs[outcome.divergence["step"]]
            outcome.cause = request.explain(Diverged(place, recorded, proof, again, outcome.scope, progress))
    finally:
        materials.stop()
        log.close()


def _judge(recorded: RecordedRun, runs: Mapping[str, StepRun], materials: Materials, outcome: Reproduction) -> None:
    store = recorded.ledger.store
    for name, again in runs.items():
        entry = recorded.entries.get(name, {})
        made_by = entry.get("made_by") if entry.get("state") == "reused" else None
        if entry.get("state") in ("skipped", None) and again.state == "skipped":
            continue  # after a failure that is the same
        outcome.judgements.append(compare.judge_step(recorded.step_records.get(name), again, made_by))
    outcome.verdict = compare.verdict_of(outcome.judgements)
    if found := compare.first_divergence(outcome.judgements):
        outcome.divergence = differences.divergence(*found, materials)
    closing = recorded.closing or {}
    now = measured(store, artifacts_of(runs))
    executed = {run.name for run in runs.values() if run.state == "executed"}
    if executed == set(recorded.entries) or now.metrics:
        outcome.metrics = compare.compare_metrics(closing["metrics"], now.metrics, closing["slices"], now.slices)


def _result(measurements: Measurements, runs: Mapping[str, StepRun], request: Request, proof: Proof) -> str | None:
    """Return the result of a whole execution of the recipe: not of a part of it, nor in another environment."""
    if request.step or proof.mismatches or any(run.state != "executed" for run in runs.values()):
        return None
    artifacts = {address: made for run in runs.values() for address, made in run.artifacts().items()}
    return documents.result_of(artifacts, measurements.metrics)[0]


def recorded_inputs(recorded: RecordedRun, steps: Sequence[Step]) -> dict[str, tuple[Artifact, str]]:
    """Return what steps read from other steps, as the run recorded it: each artifact and the bytes that were given."""
    addresses = [
        f"{source.name}.{source.output}" for step in steps for source in step.inputs.values() if source.kind == "step"
    ]
    return {address: (recorded.artifacts[address], recorded.given(address)) for address in addresses}
