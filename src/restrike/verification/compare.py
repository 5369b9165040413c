"""The judge of `reproduce`: recorded outputs against those of the execution that was just made. Pure; it reads nothing.

`identical` means every byte digest is equal, `equal` every content digest. Anything else is `different`; a tolerance
never makes two values the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from restrike.execution.steprun import StepRun
from restrike.records.artifact import Artifact, from_document

State = Literal["identical", "equal", "different", "not judged"]
Verdict = Literal["identical", "equal", "equivalent", "different", "could not judge"]
RANK: dict[str, int] = {"identical": 0, "equal": 1, "not judged": 2, "different": 3}


@dataclass(frozen=True)
class ArtifactJudgement:
    """One artifact: as recorded (`ours`) and as made again (`theirs`); either is None where it was not made."""

    name: str
    state: State
    ours: Artifact | None
    theirs: Artifact | None

    def document(self) -> dict[str, Any]:
        made = self.ours or self.theirs
        return {
            "artifact": self.name,
            "state": self.state,
            "ours": self.ours.digest if self.ours else None,
            "theirs": self.theirs.digest if self.theirs else None,
            "codec": made.codec if made else None,
            "left_out": list(self.ours.volatile) if self.ours and self.state == "equal" else [],
        }


@dataclass(frozen=True)
class StepJudgement:
    """One step: its state is that of its worst artifact, or of its failure."""

    step: str
    state: State
    artifacts: tuple[ArtifactJudgement, ...] = ()
    ours_error: str | None = None
    theirs_error: str | None = None
    made_by: str | None = None  # the run that executed it, where the judged run reused it
    cpu_seconds: float = 0.0
    reasons: tuple[str, ...] = field(default=())

    def document(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "state": self.state,
            "artifacts": [artifact.document() for artifact in self.artifacts],
            "error": {"ours": self.ours_error, "theirs": self.theirs_error}
            if self.ours_error or self.theirs_error
            else None,
            "made_by": self.made_by,
            "cpu_seconds": round(self.cpu_seconds, 6),
        }


def judge_step(recorded: Mapping[str, Any] | None, again: StepRun, made_by: str | None = None) -> StepJudgement:
    """Compare a step's recorded execution with the one just made."""
    theirs_error = _error_text(again.error) if again.state == "failed" else None
    if recorded is None or again.state in ("skipped", "interrupted"):
        return StepJudgement(again.name, "not judged", theirs_error=theirs_error)
    ours_error = _error_text(recorded["error"]) if recorded["state"] == "failed" else None
    if ours_error or theirs_error:
        state: State = "identical" if ours_error == theirs_error else "different"
        return StepJudgement(again.name, state, (), ours_error, theirs_error, made_by, again.cpu_seconds)
    ours = {name: from_document(document) for name, document in recorded["outputs"].items()}
    names = sorted(set(ours) | set(again.outputs))
    artifacts = tuple(judge_artifact(name, ours.get(name), again.outputs.get(name)) for name in names)
    worst: State = max((artifact.state for artifact in artifacts), key=RANK.__getitem__, default="identical")
    return StepJudgement(again.name, worst, artifacts, made_by=made_by, cpu_seconds=again.cpu_seconds)


def alike(a: StepRun, b: StepRun) -> bool:
    """Tell whether two executions of a step came out the same, by content."""
    if a.state != "executed" or b.state != "executed":
        return a.state == b.state and _error_text(a.error) == _error_text(b.error)
    names = set(a.outputs) | set(b.outputs)
    return all(judge_artifact(name, a.outputs.get(name), b.outputs.get(name)).state != "different" for name in names)


def judge_artifact(name: str, ours: Artifact | None, theirs: Artifact | None) -> ArtifactJudgement:
    """Compare two artifacts by their digests."""
    if ours is None or theirs is None:
        return ArtifactJudgement(name, "different", ours, theirs)
    if ours.digest == theirs.digest and ours.codec == theirs.codec:
        return ArtifactJudgement(name, "identical", ours, theirs)
    if ours.content is not None and ours.content == theirs.content:
        return ArtifactJudgement(name, "equal", ours, theirs)
    return ArtifactJudgement(name, "different", ours, theirs)


def verdict_of(judgements: Sequence[StepJudgement]) -> Verdict:
    """Return the verdict over all steps; one step that could not be judged is enough to withhold `identical`."""
    worst: State = max((judgement.state for judgement in judgements), key=RANK.__getitem__, default="not judged")
    return "could not judge" if worst == "not judged" else worst


def first_divergence(judgements: Sequence[StepJudgement]) -> tuple[StepJudgement, ArtifactJudgement | None] | None:
    """Return the first step, in the recipe's order, that differs, with its first differing artifact."""
    for judgement in judgements:
        if judgement.state == "different":
            differing = (artifact for artifact in judgement.artifacts if artifact.state == "different")
            return judgement, next(differing, None)
    return None


def compare_metrics(
    ours: Mapping[str, Any], theirs: Mapping[str, Any], ours_slices: Sequence[Any], theirs_slices: Sequence[Any]
) -> list[dict[str, Any]]:
    """Return every metric, over all rows and per slice, with both values (None where it is missing)."""
    rows = []
    left, right = _flat(ours, ours_slices), _flat(theirs, theirs_slices)
    for metric, part, piece in dict.fromkeys([*left, *right]):
        place = (metric, part, piece)
        rows.append(
            {"metric": metric, "part": part, "slice": piece, "ours": left.get(place), "theirs": right.get(place)}
        )
    return rows


def _flat(metrics: Mapping[str, Any], slices: Sequence[Any]) -> dict[tuple[str, str, str | None], Any]:
    flat: dict[tuple[str, str, str | None], Any] = {}
    for part, values in metrics.items():
        flat |= {(metric, part, None): value for metric, value in values.items()}
    for entry in slices:
        flat |= {(metric, entry["part"], entry["slice"]): value for metric, value in entry["metrics"].items()}
    return flat


def _error_text(error: Mapping[str, Any] | None) -> str:
    return f"{error['type']}: {error['message']}" if error else "failed"
