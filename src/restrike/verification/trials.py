"""Executions of a recorded run's steps for the sake of knowing: each on its recorded inputs, under one setting.

A trial has a sandbox of its own: it shares no process with the run, with a reproduction or with another trial.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from restrike.execution import findings, reuse
from restrike.execution.executor import Executor
from restrike.execution.log import RunLog
from restrike.execution.materials import Materials, Sealed
from restrike.execution.outcome import EVALUATE, artifacts_of, measured
from restrike.execution.run import Place
from restrike.execution.runner import Rules, Runner
from restrike.execution.steprun import StepRun
from restrike.pipeline.graph import Step
from restrike.records.artifact import Artifact
from restrike.records.recorded import RecordedRun
from restrike.verification import compare, differences
from restrike.verification.compare import StepJudgement
from restrike.verification.reproduce import recorded_inputs
from restrike.verification.variations import Setting

UNVARIED = Setting("nothing")


class Trials:
    """Executes steps of one run; a context manager. `cpu_seconds` and `executions` add up what it cost."""

    def __init__(self, place: Place, recorded: RecordedRun, sealed: Sealed):
        self.place, self.recorded, self.sealed = place, recorded, sealed
        self.cpu_seconds, self.executions = 0.0, 0
        self.isolation: str | None = None

    def execute(self, setting: Setting, steps: Sequence[Step]) -> dict[str, StepRun]:
        """Execute steps, each by itself on its recorded inputs, under a setting."""
        with self._room(setting) as (materials, executor):
            found: dict[str, StepRun] = {}
            for step in steps:
                given = recorded_inputs(self.recorded, [step])
                found |= self._run((step,), materials, executor, given)
            return found

    def effect(self, changed: StepRun) -> list[dict[str, Any]]:
        """Return the metrics, over all rows and per slice, that a step's other outcome moves."""
        below = self._below(changed.step)
        made = {f"{changed.name}.{name}": artifact for name, artifact in changed.outputs.items()}
        if changed.state != "executed" or not any(_measures(step) for step in (changed.step, *below)):
            return []
        if below:
            with self._room(UNVARIED) as (materials, executor):
                given = recorded_inputs(self.recorded, below)
                given |= {name: (artifact, artifact.digest) for name, artifact in made.items()}
                made |= artifacts_of(self._run(below, materials, executor, given))
        return self._moved({**self.recorded.artifacts, **made})

    def divergence(self, judgement: StepJudgement) -> dict[str, Any]:
        """Return where the two sides of a judgement part."""
        artifact = next((item for item in judgement.artifacts if item.state == "different"), None)
        with self._room(UNVARIED) as (materials, _):
            return differences.divergence(judgement, artifact, materials)

    def _run(
        self,
        steps: tuple[Step, ...],
        materials: Materials,
        executor: Executor,
        given: Mapping[str, tuple[Artifact, str]],
    ) -> dict[str, StepRun]:
        rules = Rules(reuse.never, lambda made: made.digest, lambda run: None)
        runs = Runner(self.recorded.recipe, steps, materials, executor, rules).execute(given)
        self.executions += sum(run.state in ("executed", "failed") for run in runs.values())
        self.cpu_seconds += sum(run.cpu_seconds for run in runs.values())
        return runs

    @contextmanager
    def _room(self, setting: Setting) -> Iterator[tuple[Materials, Executor]]:
        store, sealed = self.place.ledger.store, setting.applied(self.sealed)
        with store.temporary() as folder:
            room = _made(folder / "room")
            log = RunLog(folder / "log", secrets=sealed.secrets.values())
            materials = Materials(store, self.place.repository, sealed, room, on_log=log.write, fresh=True)
            try:
                yield materials, Executor(store, materials, log, findings.unexplained)
            finally:
                materials.stop()
                self.isolation = materials.isolation or self.isolation
                log.close()

    def _below(self, step: Step) -> tuple[Step, ...]:
        """Return the steps that a step leads to, in order, of those that the run executed."""
        reached = {step.name}
        below = []
        for other in self.recorded.steps:
            if other.upstream() & reached and other.name in self.recorded.step_records:
                reached.add(other.name)
                below.append(other)
        return tuple(below)

    def _moved(self, artifacts: Mapping[str, Artifact]) -> list[dict[str, Any]]:
        now, closing = measured(self.place.ledger.store, artifacts), self.recorded.closing or {}
        rows = compare.compare_metrics(closing["metrics"], now.metrics, closing["slices"], now.slices)
        return [row for row in rows if row["ours"] != row["theirs"]]


def _measures(step: Step) -> bool:
    return step.name == EVALUATE or any(output.kind == "metrics" for output in step.outputs)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
