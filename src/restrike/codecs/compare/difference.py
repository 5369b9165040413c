"""One place where two artifacts differ, as it is told to people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Difference:
    """A place and the two values found there.

    `where` is a path into the value (`.steps[1][1].coef_[0, 4]`), a row and column, a line, a byte or a file of a
    folder; `ours` and `theirs` are bounded reprs; `detail` says how many values differ there and by how much.
    """

    where: str
    ours: str
    theirs: str
    detail: str = ""


def below(prefix: str, found: Iterable[Difference]) -> list[Difference]:
    """Return differences found in a part, told from the whole."""
    return [replace(item, where=f"{prefix}{item.where}") for item in found]
