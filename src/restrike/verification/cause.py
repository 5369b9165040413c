"""The cause of a divergence, by evidence: the diverging step alone is executed again, as it was and otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from restrike.execution.steprun import StepRun
from restrike.pipeline.graph import Step
from restrike.verification.compare import alike, judge_step
from restrike.verification.narrowing import Cause, narrowed
from restrike.verification.reproduce import Diverged
from restrike.verification.setting import Setting, Variation
from restrike.verification.trials import Trials
from restrike.verification.variations import catalogue, repeat

REPEATS = 2


def explain(diverged: Diverged) -> dict[str, Any]:
    """Return why a step came out otherwise than recorded, as far as experiments tell."""
    step, tell = diverged.again.step, diverged.progress
    with Trials(diverged.place, diverged.recorded, diverged.proof) as trials:
        tell({"event": "phase", "text": f"looking for the cause: executing '{step.name}' again"})
        repeats = [trials.execute(setting, [step])[step.name] for setting in repeat(REPEATS).settings]
        if not all(alike(diverged.again, run) for run in repeats):
            return narrowed(trials, step, [diverged.again, *repeats]).document()
        tell({"event": "phase", "text": f"looking for the cause: executing '{step.name}' otherwise"})
        return _unlike_the_record(diverged, trials, step).document()


def _unlike_the_record(diverged: Diverged, trials: Trials, step: Step) -> Cause:
    """Return why a step that agrees with itself disagrees with the record."""
    known = f"executed {REPEATS + 1} times here, the step gave one result, which is not the recorded one"
    facts = environment_facts(diverged.scope)
    if found := _recovering(diverged, trials, step):
        variation, setting = found
        likely = trials.suspects(variation.name, step)
        where = "".join(f"; likely at {place.file}:{place.line}: `{place.text}`" for place in likely[:1])
        detail = f"the recorded result is what the step gives with {setting.changes}{where}"
        return Cause(variation.name, detail, (known, f"under that one change: {setting.changes}", *facts))
    if facts:
        return Cause(
            "environment", "the step was executed in an environment that is not the recorded one", (known, *facts)
        )
    if found_by_run := diverged.recorded.step_records[step.name]["findings"]:
        return by_findings(found_by_run, known)
    tried = [variation.name for variation in catalogue(diverged.recorded, 1, quick=False)[0][1:]]
    evidence = (known, "no variation brings the recorded result back: " + ", ".join(tried))
    return Cause(
        "unexplained", "the step agrees with itself here, but not with the record; nothing tried explains why", evidence
    )


def by_findings(found: Sequence[Mapping[str, Any]], known: str) -> Cause:
    """Return the cause that the findings of the recorded execution tell of."""
    told = tuple(f"{item['where']}: {item['what']}" for item in found)
    undeclared = [item for item in found if item.get("severity", "undeclared") == "undeclared"]
    if undeclared:
        return Cause("undeclared input", "the recorded execution asked for what was not declared", (known, *told))
    kinds = " and ".join(dict.fromkeys(item["kind"] for item in found))
    return Cause(kinds, f"the recorded execution read what no recipe fixes: {told[0]}", (known, *told))


def _recovering(diverged: Diverged, trials: Trials, step: Step) -> tuple[Variation, Setting] | None:
    """Return the variation under which a step gives what was recorded."""
    record = diverged.recorded.step_records[step.name]
    for variation in catalogue(diverged.recorded, 1, quick=False)[0][1:]:
        for setting in variation.settings:
            if _as_recorded(record, trials.execute(setting, [step])[step.name]):
                return variation, setting
    return None


def _as_recorded(record: dict[str, Any], run: StepRun) -> bool:
    return judge_step(record, run).state in ("identical", "equal")


def environment_facts(scope: dict[str, Any]) -> list[str]:
    """Return in what the environment of an execution is known to differ from the recorded one."""
    facts = [f"{item['distribution']}: {item['detail']}" for item in _mismatches(scope)]
    cpu = scope.get("cpu") or {}
    if cpu and cpu["here"] != cpu["recorded"]:
        facts.append(f"the processor is of class {cpu['here']}, the recorded one of class {cpu['recorded']}")
    return facts


def _mismatches(scope: dict[str, Any]) -> Sequence[dict[str, Any]]:
    return (scope.get("environment") or {}).get("mismatches") or ()
