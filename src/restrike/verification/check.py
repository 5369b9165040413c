"""`check`: executes each step of a recorded run again with one thing varied at a time, and tells what minds.

Two executions that agree may agree by luck. A step that agrees whatever is varied is proven robust against that.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from restrike.base.digest import base32
from restrike.base.errors import RestrikeError
from restrike.execution.process import identity_of_process
from restrike.execution.run import Place
from restrike.execution.runner import Progress
from restrike.execution.steprun import StepRun
from restrike.pipeline.graph import Step
from restrike.records import documents
from restrike.records.recorded import RecordedRun
from restrike.verification import scope
from restrike.verification.compare import RANK, StepJudgement, alike, judge_step
from restrike.verification.narrowing import narrowed
from restrike.verification.rebuilt import environment_for
from restrike.verification.reproduce import UnknownStep, unjudgeable
from restrike.verification.setting import LeftOut, Setting, Variation
from restrike.verification.trials import Trials
from restrike.verification.variations import catalogue


class CannotCheck(RestrikeError):
    """A run cannot be checked, since its steps cannot be executed again here or it has no outcome to compare with."""

    code = "R803"


@dataclass(frozen=True)
class Request:
    """What is asked of a check."""

    step: str | None = None
    quick: bool = False
    repeat: int | None = None  # executions with nothing varied
    env: str = "rebuilt"

    @property
    def times(self) -> int:
        return self.repeat or (1 if self.quick else 2)


@dataclass
class _Checked:
    """One step: what it is compared with, and what came of each variation."""

    step: Step
    baseline: dict[str, Any]  # a step's record
    states: dict[str, str] = field(default_factory=dict)
    stands: bool = True  # False: it differs from itself, so that no variation can be judged


def check(place: Place, recorded: RecordedRun, request: Request, progress: Progress) -> tuple[str, dict[str, Any]]:
    """Check a run's steps, record what was found, and return the check's ID and record."""
    started = time.time()
    steps = _chosen(recorded, request.step)
    proof = environment_for(place, recorded, request.env, progress)
    variations, left_out = _tried(recorded, request, steps)
    checked = [_Checked(step, recorded.step_records[step.name]) for step in steps]
    found: list[tuple[Variation, dict[str, Any]]] = []
    with Trials(place, recorded, proof) as trials:
        for done, variation in enumerate(variations):
            text = f"varying {variation.name}"
            progress({"event": "phase", "text": text, "done": done, "total": len(variations)})
            found += [(variation, told) for told in _Varying(trials, variation, checked, left_out).differences()]
    record = {
        "format": documents.CHECK,
        "run": recorded.run,
        "variations": [
            {"variation": item.name, "changes": list(dict.fromkeys(setting.changes for setting in item.settings))}
            for item in variations
        ],
        "steps": [{"step": item.step.name, "states": item.states} for item in checked],
        "flinches": [told for variation, told in found if not variation.held_by],
        "held": [told | {"by": variation.held_by} for variation, told in found if variation.held_by],
        "left_out": [item.document() for item in left_out],
        "scope": scope.document(recorded, request.env, request.step, proof, trials.isolation),
        "executions": trials.executions,
        "process": identity_of_process(),
        "cpu_seconds": round(trials.cpu_seconds, 6),
        "seconds": round(time.time() - started, 6),
        "time": time.time(),
    }
    return base32(place.ledger.append(record)), record


def _tried(recorded: RecordedRun, request: Request, steps: Sequence[Step]) -> tuple[list[Variation], list[LeftOut]]:
    variations, left_out = catalogue(recorded, request.times, quick=request.quick)
    alone = [item for item in variations if item.together and len(steps) == 1]
    left_out += [LeftOut(item.name, "it takes two steps") for item in alone]
    return [item for item in variations if item not in alone], left_out


def _chosen(recorded: RecordedRun, name: str | None) -> list[Step]:
    if missing := unjudgeable(recorded):
        raise CannotCheck(str(missing[0]["what"]), where=f"run {recorded.run[:12]}", hint=missing[0]["hint"])
    if name is not None and name not in {step.name for step in recorded.steps}:
        known = ", ".join(step.name for step in recorded.steps)
        raise UnknownStep(f"the run has no step '{name}' (it has: {known})", where=f"run {recorded.run[:12]}")
    records = recorded.step_records
    chosen = [
        step
        for step in recorded.steps
        if name in (None, step.name) and records.get(step.name, {}).get("state") == "executed"
    ]
    if not chosen:
        what = f"step '{name}' did not end well" if name else "no step of the run ended well"
        raise CannotCheck(f"{what}, so there is nothing to compare with", where=f"run {recorded.run[:12]}")
    return chosen


class _Varying:
    """One variation over all steps that still stand."""

    def __init__(self, trials: Trials, variation: Variation, checked: Sequence[_Checked], left_out: list[LeftOut]):
        self.trials, self.variation, self.left_out = trials, variation, left_out
        self.checked = [item for item in checked if item.stands and self._applies(item.step)]
        self.runs: dict[str, list[tuple[Setting, StepRun]]] = {item.step.name: [] for item in self.checked}

    def differences(self) -> list[dict[str, Any]]:
        """Execute and judge; return what came out otherwise."""
        for setting in self.variation.settings:
            runs = self.trials.execute(setting, [item.step for item in self.checked])
            for name, run in runs.items():
                self.runs[name].append((setting, run))
        return [found for item in self.checked if (found := self._judged(item)) is not None]

    def _applies(self, step: Step) -> bool:
        return not (self.variation.functions_only and step.command is not None)

    def _judged(self, item: _Checked) -> dict[str, Any] | None:
        name = self.variation.name
        runs = self.runs[item.step.name]
        if any(setting.perturb and run.observed is None and run.state == "executed" for setting, run in runs):
            self.left_out.append(LeftOut(name, f"'{item.step.name}' is no Python program, where it could be done"))
            return None
        judged = [(setting, run, judge_step(item.baseline, run)) for setting, run in runs]
        setting, run, judgement = max(judged, key=lambda entry: RANK[entry[2].state])
        item.states[name] = judgement.state
        if judgement.state != "different":
            return None
        if self.variation.held_by:
            item.states[name] = "held"
        found = self._flinch(item, setting, run, judgement)
        if name == "repeat":
            found |= self._unlike_itself(item, [run for _, run in runs])
        return found

    def _flinch(self, item: _Checked, setting: Setting, run: StepRun, judgement: StepJudgement) -> dict[str, Any]:
        return {
            "variation": self.variation.name,
            "changes": setting.changes,
            **self.trials.divergence(judgement),
            "metrics": self.trials.effect(run),
            "advice": self.variation.advice,
            "cause": None,
            "places": [place.document() for place in self.trials.suspects(self.variation.name, item.step)],
        }

    def _unlike_itself(self, item: _Checked, runs: list[StepRun]) -> dict[str, Any]:
        """Say why a step differs with nothing varied; one that agrees with itself is the measure from now on."""
        while len(runs) < 3:
            runs.append(self.trials.execute(self.variation.settings[0], [item.step])[item.step.name])
        if all(alike(runs[0], run) for run in runs):
            item.baseline = {"state": runs[0].state, "error": runs[0].error, "outputs": _outputs(runs[0])}
            what = "it agrees with itself here, but not with the recorded run: reproduce it, which looks for the cause"
            return {"advice": f"{what}: restrike reproduce {self.trials.recorded.run[:12]} --step {item.step.name}"}
        item.stands = False
        cause = narrowed(self.trials, item.step, runs).document()
        return {"cause": cause, "advice": cause["advice"]}


def _outputs(run: StepRun) -> dict[str, Any]:
    return {name: made.document() for name, made in run.outputs.items()}
