"""A finding: something about a step that no recipe fixes, told with the place in the user's code and the way out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from restrike.execution.sandbox import Asked, Lookup
from restrike.pipeline.graph import Step

Severity = Literal["undeclared", "nondeterministic", "unsealed"]

REFUSED = "Undeclared"  # the type of the error of a step that a strict seal refuses


@dataclass(frozen=True)
class Finding:
    """What was noticed about a step.

    `subject` is what it is about, as the user knows it: a path relative to the project, below `~/` or absolute, a
    variable, an address, an output. `where` is the line of the user's code (`features.py:41`) as far as it is known.
    `severity`: undeclared (it asked for what the seal keeps from it), nondeterministic (its result is not fixed by what
    it was given) or unsealed (it saw more than it was given).
    """

    kind: str
    step: str
    subject: str
    what: str
    where: str
    hint: str | None
    severity: Severity

    def document(self) -> dict[str, Any]:
        return asdict(self)


def refusal(found: Sequence[Finding]) -> dict[str, Any] | None:
    """Return the error of a step that asked for what is not declared, None if it did not. Nothing of it is kept."""
    undeclared = [item for item in found if item.severity == "undeclared"]
    if not undeclared:
        return None
    told = "\n".join(f"{item.where}: {item.what}" for item in undeclared)
    return {
        "type": REFUSED,
        "origin": "declaration",
        "message": f"it asked for what it was not given, so nothing of it was kept\n{told}",
        "hint": "\n".join(dict.fromkeys(item.hint for item in undeclared if item.hint)),
    }


@dataclass(frozen=True)
class Seen:
    """What is known of an execution: look-ups, the worker's trace, how it failed, and the files it made by output.

    `asked` is what it asked the network for, if it was granted hosts by name.
    """

    lookups: tuple[Lookup, ...] = ()
    trace: Mapping[str, Any] = field(default_factory=dict)
    error: Mapping[str, Any] | None = None
    outputs: Mapping[str, Path] = field(default_factory=dict)
    asked: tuple[Asked, ...] = ()


@dataclass(frozen=True)
class Told:
    """What is told of an execution. `refused` is the error of a step of which nothing may be kept."""

    findings: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    refused: dict[str, Any] | None = None


Explain = Callable[[Step, Seen], Told]
