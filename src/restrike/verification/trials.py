"""Executions of a recorded run's steps for the sake of knowing: each on its recorded inputs, under one setting.

A trial has a sandbox of its own: it shares no process with the run, with a reproduction or with another trial.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from restrike.environment.bytecode import compile_modules
from restrike.execution import findings, reuse
from restrike.execution.executor import Executor
from restrike.execution.log import RunLog
from restrike.execution.materials import Materials
from restrike.execution.outcome import EVALUATE, artifacts_of, measured
from restrike.execution.run import Place
from restrike.execution.runner import Rules, Runner
from restrike.execution.sandbox import Sandbox, Seal
from restrike.execution.sandbox.sandbox import OnLog
from restrike.execution.steprun import StepRun
from restrike.pipeline.graph import Step
from restrike.records.artifact import Artifact
from restrike.records.recorded import RecordedRun
from restrike.verification import compare, differences
from restrike.verification.compare import StepJudgement
from restrike.verification.elsewhere import Elsewhere
from restrike.verification.rebuilt import Proof
from restrike.verification.reproduce import recorded_inputs, sealed_as_recorded
from restrike.verification.setting import Setting
from restrike.verification.suspects import Suspect, suspects

UNVARIED = Setting("nothing")
AT_ONCE = 2  # steps that are executed together, where that is what is varied


class Trials:
    """Executes steps of one run; a context manager. `cpu_seconds` and `executions` add up what it cost.

    Code, engine and data are restored once for all trials: no step can write them.
    """

    def __init__(self, place: Place, recorded: RecordedRun, proof: Proof):
        self.place, self.recorded, self.sealed = place, recorded, sealed_as_recorded(recorded, proof)
        self.cpu_seconds, self.executions = 0.0, 0
        self.isolation: str | None = None
        self._to_compile = proof.how == "rebuilt"  # never in an environment that is the user's own
        self._temporary = place.ledger.store.temporary()
        self._folder = Path()

    def __enter__(self) -> Trials:
        self._folder = self._temporary.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._temporary.__exit__(kind, error, trace)

    def execute(self, setting: Setting, steps: Sequence[Step]) -> dict[str, StepRun]:
        """Execute steps, each by itself on its recorded inputs, under a setting."""
        with self._room(setting, steps) as (materials, executor):

            def alone(step: Step) -> dict[str, StepRun]:
                return self._run((step,), materials, executor, recorded_inputs(self.recorded, [step]))

            if setting.together:
                with ThreadPoolExecutor(AT_ONCE) as pool:
                    runs = list(pool.map(alone, reversed(steps)))[::-1]
            else:
                runs = [alone(step) for step in steps]
            self._compile(materials)
        found = {name: run for each in runs for name, run in each.items()}
        self._count(found)
        return found

    def effect(self, changed: StepRun) -> list[dict[str, Any]]:
        """Return the metrics, over all rows and per slice, that a step's other outcome moves."""
        below = self._below(changed.step)
        made = {f"{changed.name}.{name}": artifact for name, artifact in changed.outputs.items()}
        if changed.state != "executed" or not any(_measures(step) for step in (changed.step, *below)):
            return []
        if below:
            with self._room(UNVARIED, below) as (materials, executor):
                given = recorded_inputs(self.recorded, below)
                given |= {name: (artifact, artifact.digest) for name, artifact in made.items()}
                runs = self._run(below, materials, executor, given)
            self._count(runs)
            made |= artifacts_of(runs)
        return self._moved({**self.recorded.artifacts, **made})

    def suspects(self, variation: str, step: Step) -> list[Suspect]:
        """Return the lines of a step's source that may be why it minds a variation."""
        return suspects(variation, step, self.recorded.step_records[step.name], self._folder / "code")

    def divergence(self, judgement: StepJudgement) -> dict[str, Any]:
        """Return where the two sides of a judgement part."""
        artifact = next((item for item in judgement.artifacts if item.state == "different"), None)
        with self._room(UNVARIED, ()) as (materials, _):
            return differences.divergence(judgement, artifact, materials)

    def _run(
        self,
        steps: tuple[Step, ...],
        materials: Materials,
        executor: Executor,
        given: Mapping[str, tuple[Artifact, str]],
    ) -> dict[str, StepRun]:
        rules = Rules(reuse.never, lambda made: made.digest, lambda run: None)
        return Runner(self.recorded.recipe, steps, materials, executor, rules).execute(given)

    def _count(self, runs: Mapping[str, StepRun]) -> None:
        self.executions += sum(run.state in ("executed", "failed") for run in runs.values())
        self.cpu_seconds += sum(run.cpu_seconds for run in runs.values())

    def _compile(self, materials: Materials) -> None:
        """Compile what the first trial imported, in an environment that was made for reproductions, for all others."""
        if self._to_compile:
            self._to_compile = False
            compile_modules(self.sealed.interpreter, materials.imported())

    @contextmanager
    def _room(self, setting: Setting, steps: Sequence[Step]) -> Iterator[tuple[Materials, Executor]]:
        store, sealed = self.place.ledger.store, setting.applied(self.sealed, steps)

        def sandbox(seal: Seal, *, on_log: OnLog) -> Sandbox:
            return Elsewhere(seal, on_log=on_log, places=setting.places)

        with store.temporary() as room:
            log = RunLog(room / "log", secrets=sealed.secrets.values())
            materials = Materials(
                store,
                self.place.repository,
                sealed,
                room,
                on_log=log.write,
                fresh=True,
                restored=self._folder,
                sandbox=sandbox,
            )
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
