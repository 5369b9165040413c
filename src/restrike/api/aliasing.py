"""`restrike alias`: names for runs that people and gates can use, such as `champion`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from restrike.records import documents, names
from restrike.workspace import find


def alias(name: str | None = None, run: str | None = None, *, project: Path | None = None) -> dict[str, Any]:
    """Let a name mean a run from now on; without a run, return what the names mean."""
    with find(project).place() as place:
        if name is not None and run is not None:
            names.check_alias(name)
            target = names.resolve(place.ledger, run)
            place.ledger.append({"format": documents.ALIAS, "name": name, "run": target, "time": time.time()})
        known = names.aliases(place.ledger)
    if name is not None and run is None:
        if name not in known:
            raise names.UnknownRun(f"no alias is called '{name}'", hint=f"restrike alias {name} RUN")
        known = {name: known[name]}
    return {"aliases": known}
