"""`restrike check`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from restrike.api.documents import Notes
from restrike.execution.runner import Progress, silent
from restrike.records import names, recorded
from restrike.verification.check import Request
from restrike.verification.check import check as execute
from restrike.workspace import find


def check(
    run: str = "@last",
    *,
    project: Path | None = None,
    step: str | None = None,
    quick: bool = False,
    repeat: int | None = None,
    env: str = "rebuilt",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Execute a run's steps again with one thing varied at a time and return what minded."""
    found = find(project)
    notes = Notes(progress or silent, found.root)
    with found.place() as place:
        record = recorded.read(place.ledger, names.resolve(place.ledger, run))
        check, told = execute(place, record, Request(step, quick, repeat, env), notes)
    kept = ("variations", "steps", "flinches", "held", "left_out", "scope", "executions", "cpu_seconds", "seconds")
    return {
        "run": record.run,
        "check": check,
        "flinched": bool(told["flinches"]),
        **{name: told[name] for name in kept},
        "notes": notes.texts,
    }
