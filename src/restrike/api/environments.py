"""`restrike env show`, `lock` and `rebuild`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from restrike import environment
from restrike.environment import Environment
from restrike.execution.capture import environment_cache
from restrike.execution.run import Place
from restrike.execution.runner import Progress, silent
from restrike.records import names, recorded
from restrike.verification.rebuilt import keep_lock, rebuilt_for
from restrike.workspace import Project, find


def env_show(run: str | None = None, *, project: Path | None = None) -> dict[str, Any]:
    """Return the project's environment as it is now, or that of a run."""
    found = find(project)
    with found.place() as place:
        if run is not None:
            return _recorded(recorded.read(place.ledger, names.resolve(place.ledger, run)))
        current = _current(found, place)
        locked = environment.lock(current, project=found.root)
    return {
        "identity": current.identity,
        "interpreter": str(current.interpreter.executable),
        **{name: value for name, value in current.document.items() if name not in ("format", "distributions")},
        "distributions": [
            {
                "name": item.name,
                "version": item.version,
                "digest": item.digest,
                "editable": item.editable,
                "first_party": item.first_party,
                "tampered": list(item.tampered),
            }
            for item in current.distributions
        ],
        "lock": _lock(locked),
        "conditions": current.conditions,
        "notes": list(current.notes),
    }


def env_lock(*, project: Path | None = None) -> dict[str, Any]:
    """Complete the lock of the project's environment, asking the index that uv is set up for."""
    found = find(project)
    with found.place() as place:
        current = _current(found, place)
        locked = environment.lock(current, project=found.root, offline=False)
        if locked.complete:
            keep_lock(place, current.identity, locked.text)
    return {"identity": current.identity, "text": locked.text, **_lock(locked)}


def env_rebuild(run: str = "@last", *, project: Path | None = None, progress: Progress | None = None) -> dict[str, Any]:
    """Rebuild the environment of a run, prove it distribution by distribution, and return where it is."""
    with find(project).place() as place:
        record = recorded.read(place.ledger, names.resolve(place.ledger, run))
        rebuilt = rebuilt_for(place, record, progress or silent)
    return {
        "run": record.run,
        "environment": record.recipe["environment"],
        "path": str(rebuilt.path),
        "built": rebuilt.built,
        "seconds": rebuilt.seconds,
        "distributions": len(record.environment["distributions"]),
        "mismatches": [
            {"distribution": item.distribution, "expected": item.expected, "found": item.found, "detail": item.detail}
            for item in rebuilt.mismatches
        ],
    }


def _current(project: Project, place: Place) -> Environment:
    interpreter = environment.whose(project.root, project.config().environment.python)
    return environment.capture(interpreter, project=project.root, cache=environment_cache(place.ledger.store))


def _recorded(run: recorded.RecordedRun) -> dict[str, Any]:
    document = run.environment
    tampered = {item["name"]: item["tampered"] for item in run.opening["conditions"]["distributions"]}
    return {
        "run": run.run,
        "identity": run.recipe["environment"],
        "interpreter": run.opening["conditions"]["interpreter"],
        **{name: value for name, value in document.items() if name not in ("format", "distributions")},
        "distributions": [
            {"name": name, "tampered": tampered.get(name, []), **item}
            for name, item in document["distributions"].items()
        ],
        "lock": {"text": run.lock},
        "conditions": run.opening["conditions"]["machine"],
    }


def _lock(locked: environment.Lock) -> dict[str, Any]:
    return {"complete": locked.complete, "missing": list(locked.missing), "source": locked.source}
