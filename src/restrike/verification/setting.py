"""One way of executing a step otherwise, and what several of them are to find out together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from restrike.execution.materials import Sealed
from restrike.execution.sandbox import ORDINARY, Disguise
from restrike.pipeline.graph import Step
from restrike.verification.elsewhere import USUAL, Places


@dataclass(frozen=True)
class Setting:
    """One way of executing a step otherwise; `changes` tells it to a person."""

    changes: str
    variables: Mapping[str, str] = field(default_factory=dict)
    disguise: Disguise = ORDINARY
    perturb: Mapping[str, Any] = field(default_factory=dict)  # done by the worker: docs/design/check.md
    places: Places = USUAL
    together: bool = False  # steps in the other order, two at a time

    def applied(self, sealed: Sealed, steps: Sequence[Step]) -> Sealed:
        """Return what steps are sealed in under this setting.

        What the worker changes is changed before anything is imported; so nothing is preloaded for it.
        """
        return replace(
            sealed,
            steps=() if self.perturb else tuple(steps),
            variables={**sealed.variables, **self.variables},
            disguise=self.disguise,
            perturb=dict(self.perturb),
        )


@dataclass(frozen=True)
class Variation:
    """One thing that could bear on a result and should not."""

    name: str
    settings: tuple[Setting, ...]
    advice: str
    functions_only: bool = False  # a command cannot be varied so
    held_by: str | None = None  # what in the recipe keeps it from varying where the run is executed again

    @property
    def together(self) -> bool:
        """Whether it takes several steps to vary it."""
        return any(setting.together for setting in self.settings)


@dataclass(frozen=True)
class LeftOut:
    """A variation that was not tried, and why."""

    variation: str
    why: str

    def document(self) -> dict[str, str]:
        return {"variation": self.variation, "why": self.why}
