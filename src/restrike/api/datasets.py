"""`restrike data add`, `log`, `verify`, `checkout` and `users`."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from restrike import data
from restrike.codecs import CannotRead
from restrike.data.files import located
from restrike.data.history import version_of
from restrike.execution.run import Place
from restrike.records import recorded
from restrike.workspace import Project, find


def data_add(paths: Sequence[str | Path], *, project: Path | None = None, name: str | None = None) -> dict[str, Any]:
    """Keep files or folders as dataset versions and return what they are, with the profile of those that are tables."""
    found = find(project)
    # Data in one's home is declared with `~/`, which the shell has already replaced.
    declared = {_inside(found, located(found.root, item.path)): item for item in found.config().data.values()}
    with found.place() as place:
        added = []
        for path in paths:
            inside = _inside(found, path)
            known = declared.get(inside)
            version = data.add(
                place.ledger.store,
                found.root,
                known.path if known else inside,
                name=name or (known.name if known else None),
                records=place.ledger.datasets(),
            )
            profile, note = _profile(place, version, known.read if known else {})
            added.append(
                {
                    "name": version.name,
                    "path": version.path,
                    "digest": version.digest,
                    "kind": version.kind,
                    "size": version.size,
                    "files": version.files,
                    "new": version.new,
                    "previous": version.previous,
                    "profile": profile.document() if profile else None,
                    "note": note,
                }
            )
    return {"datasets": added}


def data_log(name: str, *, project: Path | None = None) -> dict[str, Any]:
    """Return the versions of a dataset, oldest first, with how many runs used each."""
    with find(project).place() as place:
        versions = data.log(place.ledger.store, name, records=place.ledger.datasets())
        return {
            "name": name,
            "versions": [version | {"runs": len(_runs_with(place, version["digest"], None))} for version in versions],
        }


def data_verify(name: str | None = None, *, project: Path | None = None) -> dict[str, Any]:
    """Hash data again, in the project and in the store, and return whether it is what was recorded."""
    found = find(project)
    with found.place() as place:
        compared = data.verify(place.ledger.store, found.root, name, records=place.ledger.datasets())
    entries = [
        {
            "name": item.name,
            "path": item.path,
            "state": "corrupt" if item.stored == "damaged" else item.state,
            "digest": item.recorded,
            "found": item.found,
            "detail": item.detail,
        }
        for item in compared
    ]
    return {"datasets": entries, "ok": all(entry["state"] == "unchanged" for entry in entries)}


def data_checkout(
    name: str,
    version: str = "@last",
    target: Path | None = None,
    *,
    force: bool = False,
    project: Path | None = None,
) -> dict[str, Any]:
    """Write a version of a dataset back to its path, or to `target`; over data that no version has only by `force`."""
    found = find(project)
    with found.place() as place:
        store = place.ledger.store
        record = version_of(data.log(store, name, records=place.ledger.datasets()), version)
        path = data.checkout(store, found.root, name, record["digest"], target, force=force)
    return {"name": name, "digest": record["digest"], "path": str(path), "size": record["size"]}


def data_users(name: str, *, project: Path | None = None) -> dict[str, Any]:
    """Return the runs that used a dataset (by its name) or one version of it (by its digest), and for what."""
    with find(project).place() as place:
        by_digest = re.fullmatch(r"[0-9a-f]{8,64}", name) is not None
        rows = _runs_with(place, name if by_digest else None, None if by_digest else name)
        if not rows:
            data.log(place.ledger.store, name, records=place.ledger.datasets())  # names the nearest if it is unknown
        return {"name": name, "runs": [_use(place, row) for row in rows]}


def _use(place: Place, row: Any) -> dict[str, Any]:
    run = recorded.read(place.ledger, row["run"])
    used_for = [
        step.name for step in run.steps if any(str(source) == f"data.{row['name']}" for source in step.inputs.values())
    ]
    return {
        "run": run.run,
        "started": run.opening["time"],
        "status": run.closing["status"] if run.closing else "interrupted",
        "name": row["name"],
        "digest": row["dataset"],
        "used_for": used_for,
    }


def _runs_with(place: Place, digest: str | None, name: str | None) -> list[Any]:
    column, value = ("dataset", f"{digest}*") if digest else ("name", name)
    return place.ledger.index.query(
        f"SELECT uses.* FROM uses JOIN runs ON runs.run = uses.run WHERE uses.{column} GLOB ? ORDER BY runs.started",
        value,
    )


def _profile(
    place: Place, version: data.DatasetVersion, read: dict[str, Any]
) -> tuple[data.Profile | None, str | None]:
    """Return what is in a table, or why it could not be read as one: it is kept all the same."""
    if version.kind != "file":
        return None, None
    try:
        stored = place.ledger.store.path_of(version.digest)
        return data.profile(stored, read, suffix=Path(version.path).suffix), None
    except CannotRead as error:
        return None, f"kept, but not understood as a table: {error.what.replace(version.digest, version.path)}"


def _inside(project: Project, path: str | Path) -> str:
    """Return a path as it is declared: relative to the project where it lies inside."""
    absolute = Path(os.path.abspath(path))
    return absolute.relative_to(project.root).as_posix() if absolute.is_relative_to(project.root) else str(absolute)
