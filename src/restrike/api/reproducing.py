"""`restrike reproduce`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from restrike.api.documents import Notes
from restrike.execution.runner import Progress, silent
from restrike.records import names, recorded
from restrike.verification.cause import explain
from restrike.verification.plan import plan as planned
from restrike.verification.reproduce import Request
from restrike.verification.reproduce import reproduce as execute
from restrike.workspace import find


def reproduce(
    run: str,
    *,
    project: Path | None = None,
    env: str = "rebuilt",
    plan: bool = False,
    step: str | None = None,
    workers: int | None = None,
    cause: bool = True,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Execute a run again from its ID alone and return the verdict's document, or with `plan` what would be done.

    With `cause`, the step that diverges, if one does, is executed further times to find out why.
    """
    found = find(project)
    notes = Notes(progress or silent, found.root)
    with found.place() as place:
        record = recorded.read(place.ledger, names.resolve(place.ledger, run))
        if plan:
            return planned(place, record, step)
        with place.ledger.store.temporary() as folder:
            request = Request(env, step, workers or 1, explain if cause else None)
            reproduction, verdict = execute(place, record, request, folder, notes)
    return {
        "run": record.run,
        "reproduction": reproduction,
        "verdict": verdict["verdict"],
        "steps": verdict["steps"],
        "divergence": verdict["divergence"],
        "cause": verdict["cause"],
        "metrics": verdict["metrics"],
        "missing": verdict["missing"],
        "scope": verdict["scope"],
        "cpu_seconds": verdict["cpu_seconds"],
        "seconds": verdict["seconds"],
        "notes": notes.texts,
    }
