"""The runner: executes the steps of a recipe in an order that their inputs allow, alone or several at once.

`run` and `reproduce` share it. What differs is handed in: where reusable executions are looked up (nowhere, for
`reproduce`), what stands for an artifact, and what is done with the outcome of each step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from restrike.execution import given
from restrike.execution.executor import Executor
from restrike.execution.keys import key_of, surroundings_of
from restrike.execution.materials import Materials
from restrike.execution.steprun import Decision, StepRun
from restrike.pipeline.graph import Source, Step
from restrike.records.artifact import Artifact

Progress = Callable[[dict[str, Any]], None]


def silent(event: dict[str, Any]) -> None:
    """Take no notice of progress."""


@dataclass(frozen=True)
class Rules:
    """How this execution differs from others of the same recipe."""

    reusable: Callable[[Step, str, Mapping[str, str]], Decision]  # for a step, its key and the bytes of its inputs
    stands_for: Callable[[Artifact], str]  # the bytes that consumers of an artifact are given
    finished: Callable[[StepRun], None]  # called once a step, from the thread that called `execute`
    workers: int = 1


class Runner:
    """One execution of a recipe's steps."""

    def __init__(
        self,
        recipe: Mapping[str, Any],
        steps: tuple[Step, ...],
        materials: Materials,
        executor: Executor,
        rules: Rules,
        progress: Progress = silent,
        *,
        platform: Mapping[str, Any] | None = None,
    ):
        self.recipe, self.steps, self.materials = recipe, steps, materials
        self.executor, self.rules, self.progress = executor, rules, progress
        self.runs: dict[str, StepRun] = {}
        self._surroundings = surroundings_of(recipe, platform or {})

    def execute(self, recorded_inputs: Mapping[str, tuple[Artifact, str]] | None = None) -> dict[str, StepRun]:
        """Execute every step and return what became of each, in the recipe's order.

        After a failure no further step is started. `recorded_inputs` (by `step.output`) stands in for steps that are
        not part of this execution.
        """
        self.recorded = recorded_inputs or {}
        try:
            if self.rules.workers <= 1:
                self._serially()
            else:
                self._in_parallel()
        except KeyboardInterrupt:
            self.materials.stop()
            for step in self.steps:
                self.runs.setdefault(step.name, StepRun(step, "interrupted"))
            raise
        return {step.name: self.runs[step.name] for step in self.steps}

    def _serially(self) -> None:
        for step in self.steps:
            self._settle(self._one(step) if self._can_start(step) else StepRun(step, "skipped"))

    def _in_parallel(self) -> None:
        waiting = list(self.steps)
        running: dict[Future[StepRun], Step] = {}
        with ThreadPoolExecutor(self.rules.workers, "step") as pool:
            try:
                while waiting or running:
                    for step in [step for step in waiting if step.upstream() <= self._settled()]:
                        waiting.remove(step)
                        if self._can_start(step):
                            running[pool.submit(self._one, step)] = step
                        else:
                            self._settle(StepRun(step, "skipped"))
                    for future in wait(running, return_when=FIRST_COMPLETED).done if running else ():
                        running.pop(future)
                        self._settle(future.result())
            except BaseException:
                self.materials.stop()
                pool.shutdown(wait=True, cancel_futures=True)
                raise

    def _settled(self) -> set[str]:
        return set(self.runs) | {address.partition(".")[0] for address in self.recorded}

    def _can_start(self, step: Step) -> bool:
        return all(run.state in ("executed", "reused") for run in self.runs.values())

    def _settle(self, run: StepRun) -> None:
        self.runs[run.name] = run
        self.rules.finished(run)
        self.progress(
            {
                "event": "step",
                "step": run.name,
                "state": run.state,
                "seconds": run.wall_seconds,
                "cpu_seconds": run.cpu_seconds,
            }
        )

    def _one(self, step: Step) -> StepRun:
        inputs = {name: self._given(name, source) for name, source in given.sources(step)}
        seed = self.recipe["seeds"][step.name]
        key = key_of(step, seed, self._surroundings, {name: item.seen for name, item in inputs.items()})
        decision = self.rules.reusable(step, key, {name: item.digest for name, item in inputs.items()})
        run = decision.run
        if run is None:
            self.progress({"event": "step", "step": step.name, "state": "started"})
            run = self.executor.execute(step, key, seed, inputs)
        run.why = decision.why
        for name, made in run.outputs.items():
            run.given[name] = self.rules.stands_for(made)
        return run

    def _given(self, name: str, source: Source) -> given.Given:
        if source.kind == "data":
            return given.dataset(source.name, self.materials.sealed.data[source.name], self.materials)
        address = f"{source.name}.{source.output}"
        if address in self.recorded:
            made, bytes_given = self.recorded[address]
        else:
            upstream = self.runs[source.name]
            made, bytes_given = upstream.outputs[source.output or ""], upstream.given[source.output or ""]
        return given.artifact(name, made, bytes_given, self.materials)
