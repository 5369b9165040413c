"""`restrike why`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from restrike.records import names, recorded
from restrike.records.recorded import RecordedRun
from restrike.verification.reproduce import chosen
from restrike.verification.why import Explanation
from restrike.workspace import find


def why(step: str | None = None, run: str = "@last", *, project: Path | None = None) -> dict[str, Any]:
    """Return why each step of a run was executed or reused; of one step, with the lines that changed."""
    with find(project).place() as place:
        record = recorded.read(place.ledger, names.resolve(place.ledger, run))
        steps = chosen(record, step)
        explanation = Explanation(place.ledger, place.repository, record)
        try:
            told = [explanation.full(item) if step else explanation.brief(item) for item in steps]
        finally:
            explanation.close()
    return _document(record, told)


def _document(record: RecordedRun, told: list[dict[str, Any]]) -> dict[str, Any]:
    return {"run": record.run, "started": record.opening["time"], "steps": told}
