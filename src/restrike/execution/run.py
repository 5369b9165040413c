"""One run: the recipe is written down, the steps are executed or reused, the result is recorded."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import restrike
from restrike import data
from restrike.code import CodeRepository
from restrike.environment import lock as environment_lock
from restrike.execution import findings, reuse
from restrike.execution.capture import Capture
from restrike.execution.executor import Executor
from restrike.execution.log import RunLog
from restrike.execution.materials import Materials
from restrike.execution.outcome import artifacts_of, baseline_runs, judged, measured
from restrike.execution.process import identity_of_process
from restrike.execution.runner import Progress, Rules, Runner
from restrike.execution.steprun import StepRun, totals
from restrike.records import documents
from restrike.records.ledger import Ledger


@dataclass(frozen=True)
class Place:
    """Where a run happens: the project and what keeps its records."""

    project: Path
    ledger: Ledger
    repository: CodeRepository


@dataclass(frozen=True)
class Options:
    """What a person may choose for one run without changing its recipe."""

    overrides: Sequence[str] = ()
    reuse: bool = True
    workers: int = 1
    asked: float = field(default_factory=time.time)  # when the person asked for it


@dataclass
class Finished:
    """A run that has ended, with its closing record."""

    run: str
    closing: dict[str, Any]
    steps: Mapping[str, StepRun] = field(default_factory=dict)


def run(place: Place, capture: Capture, options: Options, folder: Path, progress: Progress) -> Finished:
    """Execute a captured recipe and return the closed run. A failing step is an outcome, not an exception."""
    ledger = place.ledger
    baselines = baseline_runs(ledger, capture.config.gates)
    opening = _open(place, capture, options, progress)
    run_id = documents.run_id(opening)
    log = RunLog(folder / "log", secrets=capture.sealed.secrets.values(), listen=_telling(progress))
    materials = Materials(
        ledger.store, place.repository, capture.sealed, folder, on_log=log.write, mend=_mending(place, capture)
    )
    explain = findings.explainer(place.project, capture, materials.code)
    status = "interrupted"
    with reuse.bound(ledger, place.repository, place.project, capture, _warning(progress)) as bound:
        rules = Rules(
            reusable=bound.reusable if options.reuse else reuse.refused,
            stands_for=ledger.representative,
            finished=lambda step: _record(ledger, run_id, step),
            workers=options.workers,
        )
        executor = Executor(ledger.store, materials, log, explain, bound.depend)
        platform = capture.environment.document
        runner = Runner(capture.recipe, capture.steps, materials, executor, rules, progress, platform=platform)
        try:
            runner.execute()
            status = "failed" if any(step.state == "failed" for step in runner.runs.values()) else "finished"
        except KeyboardInterrupt:
            progress({"event": "warning", "text": "interrupted; the run is recorded as such"})
        finally:
            materials.stop()
            log.close()
            closing = _close(
                ledger, run_id, options.asked, capture, baselines, runner.runs, status, materials.isolation, log
            )
    return Finished(run_id, closing, runner.runs)


def _open(place: Place, capture: Capture, options: Options, progress: Progress) -> dict[str, Any]:
    """Write the recipe and the opening record: from here on the run exists."""
    ledger, snapshot, environment = place.ledger, capture.snapshot, capture.environment
    locked = environment_lock(environment, project=place.project)
    if not locked.complete:
        text = f"the environment could not be locked in full ({', '.join(locked.missing[:4])}): restrike env lock"
        progress({"event": "warning", "text": text})
    opening = documents.opening(
        name=capture.config.name,
        recipe=ledger.keep(capture.recipe),
        commit=snapshot.commit,
        code=ledger.keep(snapshot.document()),
        config=ledger.keep(_config_document(capture)),
        environment=ledger.keep(environment.document),
        lock=ledger.store.put_bytes(locked.text.encode()) if locked.text else None,
        wheels={wheel.name: ledger.store.put_file(wheel)[0] for wheel in locked.wheels},
        patch=ledger.store.put_bytes(snapshot.patch.encode("utf-8", "replace")) if snapshot.patch else None,
        data={name: version.digest for name, version in capture.datasets.items()},
        kinds={name: version.kind for name, version in capture.datasets.items()},
        conditions=conditions(capture, options),
        overrides=options.overrides,
    )
    ledger.append(opening)
    return opening


def conditions(capture: Capture, options: Options) -> dict[str, Any]:
    """Return where and when a recipe is executed: recorded beside it, no part of it."""
    return {
        "restrike": restrike.__version__,
        "host": socket.gethostname(),
        "user": _user(),
        "process": identity_of_process(),
        "workers": options.workers,
        "reuse": options.reuse,
        "seal": capture.config.seal,
        "dirty": capture.snapshot.dirty,
        "interpreter": str(capture.environment.interpreter.executable),
        "machine": capture.environment.conditions,
        "distributions": [
            {"name": item.name, "version": item.version, "tampered": list(item.tampered)}
            for item in capture.environment.distributions
        ],
        "first_party": [item.name for item in capture.environment.distributions if item.first_party],
    }


def _config_document(capture: Capture) -> dict[str, Any]:
    config = capture.config
    return {
        "format": "restrike.config/1",
        "document": config.document,
        "origins": config.origins,
        "sources": [os.path.relpath(source, config.path.parent) for source in config.sources],
    }


def _close(
    ledger: Ledger,
    run_id: str,
    asked: float,
    capture: Capture,
    baselines: Mapping[str, str | None],
    runs: Mapping[str, StepRun],
    status: str,
    isolation: str | None,
    log: RunLog,
) -> dict[str, Any]:
    """Evaluate what was measured, judge the gates and write the closing record."""
    made = artifacts_of(runs)
    measurements = measured(ledger.store, made)
    gates = (
        judged(ledger, capture.config.gates, baselines, made, capture.config.document) if status == "finished" else []
    )
    if any(gate["blocks"] for gate in gates):
        status = "blocked"
    artifacts = {address: made for step in runs.values() for address, made in step.artifacts().items()}
    result, result_bytes = documents.result_of(artifacts, measurements.metrics)
    cpu, wall = totals(runs)
    ended = time.time()
    closing = {
        "format": documents.CLOSING,
        "run": run_id,
        "status": status,
        "steps": [_step_entry(step) for step in runs.values()],
        "result": result if status in ("finished", "blocked") else None,
        "result_bytes": result_bytes if status in ("finished", "blocked") else None,
        "metrics": measurements.metrics,
        "intervals": measurements.intervals,
        "slices": measurements.slices,
        "gates": gates,
        "baselines": dict(baselines),
        "isolation": isolation,
        "log": ledger.store.put_file(log.path)[0],
        "cpu_seconds": round(cpu, 6),
        "wall_seconds": round(wall, 6),
        "ended": ended,
        "seconds": round(ended - asked, 6),
    }
    ledger.append(closing)
    return closing


def _step_entry(step: StepRun) -> dict[str, Any]:
    return {
        "step": step.name,
        "state": step.state,
        "record": step.record,
        "given": dict(step.given),
        "made_by": step.made_by,
        "why": step.why,
    }


def _record(ledger: Ledger, run_id: str, step: StepRun) -> None:
    if step.state in ("executed", "failed"):
        step.made_by = run_id
        step.record = ledger.append(step.ledger_record(run_id, time.time()))


def _mending(place: Place, capture: Capture) -> Callable[[str], bool]:
    """Return a function that stores a dataset once more from where it lies, if it still is what was captured."""

    def mend(name: str) -> bool:
        version = capture.datasets[name]
        return data.mend(place.ledger.store, place.project, version.path, version.digest)

    return mend


def _telling(progress: Progress) -> Any:
    return lambda entry: progress({"event": "log", **entry})


def _warning(progress: Progress) -> Any:
    return lambda text: progress({"event": "warning", "text": text})


def _user() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
