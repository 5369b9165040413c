"""What goes into the analysis of a step's code, and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


class Tree(Protocol):
    """The files of one snapshot. Links are resolved, or left out, by whoever makes one."""

    @property
    def files(self) -> Mapping[str, str]:
        """Paths relative to the project, with `/`, and the SHA-256 of what lies there."""
        ...

    def read(self, path: str) -> bytes: ...


@dataclass(frozen=True)
class Observed:
    """What an execution was seen to use of the project. All empty: nothing is known but the code itself.

    `modules` are files that were imported; `handed` dotted names of modules that code outside the project asked for by
    name; `source` files that were read as text.
    """

    modules: frozenset[str] = frozenset()
    handed: frozenset[str] = frozenset()
    source: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Closure:
    """The code that a step depends on: equal `parts` on two trees mean that its code is the same.

    The keys of `parts` are for people: `features.py:clean`, `features.py (imports)`, `plug.py (whole)`. `widened` tells
    why a module counts whole, as what follows "it": `reads globals() at line 12`.
    """

    parts: Mapping[str, str] = field(default_factory=dict)
    widened: Mapping[str, str] = field(default_factory=dict)
