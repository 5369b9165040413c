"""`reproduce --plan`: what would be restored, rebuilt and executed, and what is missing for it."""

from __future__ import annotations

from typing import Any

from restrike.base.errors import RestrikeError
from restrike.base.folders import user_cache
from restrike.environment import is_rebuilt
from restrike.execution.run import Place
from restrike.records.recorded import RecordedRun
from restrike.store.errors import ObjectMissing
from restrike.verification.reproduce import unjudgeable


def plan(place: Place, recorded: RecordedRun, step: str | None) -> dict[str, Any]:
    """Return the plan of a reproduction; nothing is restored, built or executed."""
    store, recipe = place.ledger.store, recorded.recipe
    problems = [str(item["what"]) for item in unjudgeable(recorded)]
    data = []
    for name, item in recipe["data"].items():
        try:
            size = store.size_of(item["digest"])
        except ObjectMissing:
            size = None
            problems.append(f"data '{name}' ({item['digest'][:12]}) is not in the store")
        data.append({"name": name, **item, "size": size})
    if not store.has(recipe["engine"]):
        problems.append("the engine that executed the run is not in the store")
    problems += _code_problems(place, recorded)
    steps = [item for item in recorded.steps if step in (None, item.name)]
    return {
        "run": recorded.run,
        "commit": recorded.opening["commit"],
        "code": recipe["code"]["fingerprint"],
        "config": recorded.opening["config"],
        "engine": recipe["engine"],
        "environment": {
            "identity": recipe["environment"],
            "python": recorded.environment["python"],
            "distributions": len(recorded.environment["distributions"]),
            "state": "rebuilt already"
            if is_rebuilt(recipe["environment"], cache_root=user_cache())
            else "will be rebuilt",
        },
        "data": data,
        "steps": [
            {
                "name": item.name,
                "use": item.use,
                "command": list(item.command) if item.command else None,
                "seconds": recorded.step_records.get(item.name, {}).get("wall_seconds"),
            }
            for item in steps
        ],
        "seconds": (recorded.closing or {}).get("wall_seconds"),
        "problems": problems,
    }


def _code_problems(place: Place, recorded: RecordedRun) -> list[str]:
    try:
        place.repository.files(recorded.opening["commit"])
    except RestrikeError as error:
        return [error.what]
    return []
