"""Whether a tool did right by a mutation: judged by what executing everything gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reckoning import Values
from tool import INPUTS, STEPS
from trial import Execution

Kind = Literal["right", "stale", "needless", "failed", "cannot express"]


@dataclass(frozen=True)
class Truth:
    """What the steps return before and after a mutation, by executing all of them without a cache."""

    before: Values
    after: Values

    @property
    def changed(self) -> tuple[str, ...]:
        """Return the steps that return another value."""
        return tuple(step for step in STEPS if self.before[step] != self.after[step])

    @property
    def touched(self) -> frozenset[str]:
        """Return the steps that return another value or are given one."""
        fed = (step for step in STEPS if any(self.before[name] != self.after[name] for name in INPUTS[step]))
        return frozenset((*self.changed, *fed))


@dataclass(frozen=True)
class Verdict:
    """How a tool did, and by which steps it is seen."""

    kind: Kind
    detail: str = ""


def judge(execution: Execution, truth: Truth, may_execute: frozenset[str]) -> Verdict:
    """Compare what a tool returned and executed with the truth.

    Stale: some step has another value than it should. Needless: all values are right, but a step was executed though
    neither its code, nor what it is given, nor what it returns is another, unless it may.
    """
    if stale := [step for step in STEPS if execution.values[step] != truth.after[step]]:
        return Verdict("stale", f"old values of {', '.join(stale)}")
    if needless := [step for step in execution.executed if step not in truth.touched | may_execute]:
        return Verdict("needless", f"executed {', '.join(needless)}")
    return Verdict("right")
