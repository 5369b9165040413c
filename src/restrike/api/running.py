"""`restrike run`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from restrike.api.documents import Notes, run_document
from restrike.execution.capture import capture
from restrike.execution.run import Options
from restrike.execution.run import run as execute
from restrike.execution.runner import Progress, silent
from restrike.records import recorded
from restrike.workspace import find


def run(
    *,
    project: Path | None = None,
    overrides: Sequence[str] = (),
    reuse: bool = True,
    workers: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Execute the project's pipeline and return the run's document; a failed step or a gate that blocks is in it.

    `overrides` are `key.path=value` texts, as after `--set`. Raise RestrikeError where the input is wrong.
    """
    asked = time.time()
    found = find(project)
    notes = Notes(progress or silent, found.root)
    config = found.config(overrides)
    with found.place() as place, place.ledger.store.temporary() as folder:
        captured = capture(found.root, config, place.ledger.store, place.repository, notes)
        options = Options(tuple(overrides), reuse, workers or 1, asked)
        finished = execute(place, captured, options, folder, notes)
        document = run_document(recorded.read(place.ledger, finished.run), found.root)
    return document | {"notes": notes.texts}
