"""The outcome of one step in one run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from restrike.pipeline.graph import Step
from restrike.records import documents
from restrike.records.artifact import Artifact

State = Literal["executed", "reused", "failed", "skipped", "interrupted"]


@dataclass
class StepRun:
    """What became of a step: state, outputs, what it cost, and what was noticed.

    `given` holds the address of the bytes that consumers of each output receive: its own, or those stored first for
    equal content. `record` is the ledger record of its execution, in this run or, if reused, in the one that made it.
    """

    step: Step
    state: State
    key: str = ""
    seed: int = 0
    inputs: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, Artifact] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    record: str | None = None
    made_by: str | None = None  # the run that executed it
    error: dict[str, Any] | None = None
    findings: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    max_rss: int = 0
    network: list[dict[str, Any]] = field(default_factory=list)  # what was asked of the hosts granted by name
    observed: list[dict[str, Any]] | None = None  # by a perturbed worker; None: nothing was perturbed inside it
    depends: dict[str, Any] | None = None  # what the execution was seen to use; None: it failed, or nobody asked
    why: dict[str, Any] | None = None  # it was executed or reused; None: that was not to be decided

    @property
    def name(self) -> str:
        return self.step.name

    @property
    def is_reusable(self) -> bool:
        """Whether the execution may ever serve again."""
        known = self.state == "executed" and self.depends is not None
        return known and not self.findings and not self.step.network

    def artifacts(self) -> dict[str, dict[str, Any]]:
        """Return the outputs as documents under their addresses (`step.output`)."""
        return {f"{self.name}.{name}": made.document() for name, made in sorted(self.outputs.items())}

    def ledger_record(self, run: str, ended: float) -> dict[str, Any]:
        """Return the record of this execution. A step with findings or with the network is never reused."""
        return {
            "format": documents.STEP,
            "run": run,
            "step": self.name,
            "key": self.key,
            "state": self.state,
            "seed": self.seed,
            "inputs": dict(self.inputs),
            "outputs": {name: made.document() for name, made in sorted(self.outputs.items())},
            "error": _unicode(self.error),
            "findings": _unicode(self.findings),
            "notes": _unicode(self.notes),
            "network": self.network,
            "depends": _unicode(self.depends),
            "reusable": self.is_reusable,
            "cpu_seconds": round(self.cpu_seconds, 6),
            "wall_seconds": round(self.wall_seconds, 6),
            "max_rss": self.max_rss,
            "ended": ended,
        }


@dataclass(frozen=True)
class Decision:
    """Whether a step is reused (`run`) or has to be executed (None), and why."""

    run: StepRun | None = None
    why: dict[str, Any] | None = None


def _unicode(value: Any) -> Any:
    """Return a value in which bytes that are no UTF-8 (in a file's name, in a message) are written out as escapes."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {name: _unicode(item) for name, item in value.items()}
    return [_unicode(item) for item in value] if isinstance(value, list) else value


def totals(runs: Mapping[str, StepRun]) -> tuple[float, float]:
    """Return the CPU and wall seconds of all steps that were executed."""
    executed = [run for run in runs.values() if run.state in ("executed", "failed")]
    return sum(run.cpu_seconds for run in executed), sum(run.wall_seconds for run in executed)
