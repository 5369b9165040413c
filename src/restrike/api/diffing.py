"""`restrike diff`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from restrike.records import names, recorded
from restrike.verification.diff import diff as compared
from restrike.workspace import find


def diff(a: str, b: str, *, project: Path | None = None) -> dict[str, Any]:
    """Return how two runs differ: the four aspects, then the result with every metric and slice."""
    with find(project).place() as place:
        left, right = (recorded.read(place.ledger, names.resolve(place.ledger, run)) for run in (a, b))
        return compared(left, right, place.repository)
