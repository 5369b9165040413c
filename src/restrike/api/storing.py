"""`restrike store check`, `reindex` and `gc`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from restrike.base.digest import base32
from restrike.execution.run import Place
from restrike.execution.runner import Progress, silent
from restrike.records.needs import Needs, needs
from restrike.store import Problem
from restrike.workspace import find


def store_check(*, project: Path | None = None, progress: Progress | None = None) -> dict[str, Any]:
    """Hash every object, record and code snapshot again; return what is wrong, with the runs that it hurts.

    Where something is, the next `run` or `data add` reads the data in the project again, and so mends what it can.
    """
    tell = progress or silent

    def hashed(done: int, total: int) -> None:
        tell({"event": "phase", "text": "hashing objects", "done": done, "total": total})

    with find(project).place() as place:
        needed = needs(place.ledger)
        store = place.ledger.store
        problems = [_problem(problem, needed) for problem in store.check(hashed, named=needed.objects)]
        problems += _code_problems(place, needed)
        if problems:
            store.distrust()
    return {"problems": problems, "runs": len(needed.runs), "ok": not problems}


def store_reindex(*, project: Path | None = None, progress: Progress | None = None) -> dict[str, Any]:
    """Make the index anew from the ledger; records that are damaged are left out and counted."""
    tell = progress or silent
    with find(project).place() as place:
        index = place.ledger.index
        index.renew(lambda count: tell({"event": "phase", "text": "reading records", "done": count}))
        records = index.query("SELECT COUNT(*) AS n FROM records")[0]["n"]
        runs = index.query("SELECT COUNT(*) AS n FROM runs")[0]["n"]
    return {"records": records, "runs": runs, "damaged": len(index.damaged)}


def store_gc(*, project: Path | None = None, dry_run: bool = False) -> dict[str, Any]:
    """Remove objects and code snapshots that no record leads to. Runs, their data and artifacts are always kept."""
    with find(project).place() as place:
        needed = needs(place.ledger)
        for error in needed.unread.values():
            raise error  # what this run needs cannot be told, so nothing can be said to be needless
        swept = place.ledger.store.sweep(set(needed.objects), dry_run=dry_run)
        collected = place.repository.collect(set(needed.commits), dry_run=dry_run)
    return {
        "objects": swept.objects + collected.objects,
        "bytes": swept.bytes + collected.bytes,
        "dry_run": dry_run,
    }


def _problem(problem: Problem, needed: Needs) -> dict[str, Any]:
    is_record = problem.path.suffix == ".json"
    runs = needed.records.get(problem.digest, set()) if is_record else needed.objects.get(problem.digest, set())
    return {
        "kind": problem.kind,
        "digest": problem.digest,
        "path": str(problem.path),
        "detail": problem.detail,
        "runs": sorted(runs or (_told_by_its_bytes(problem, needed) if is_record else ())),
    }


def _told_by_its_bytes(problem: Problem, needed: Needs) -> set[str]:
    """Return the runs of a damaged record that the index has not seen: those it still names, or the one it opened."""
    data = problem.path.read_bytes()
    if b"restrike.opening/" in data:
        return {base32(problem.digest)}
    return {run for run in needed.runs if run.encode() in data}


def _code_problems(place: Place, needed: Needs) -> list[dict[str, Any]]:
    repository = place.repository
    damaged = repository.damage(needed.commits.keys() | repository.snapshots().keys())
    problems = [
        {
            "kind": "corrupt",
            "digest": commit,
            "path": str(repository.git_dir),
            "detail": "; ".join(lines),
            "runs": sorted(needed.commits.get(commit, ())),
        }
        for commit, lines in damaged.items()
    ]
    told = {line for lines in damaged.values() for line in lines}
    of_packs = [line for line in repository.verify() if line not in told]
    return problems + [
        {"kind": "corrupt", "digest": "", "path": str(repository.git_dir), "detail": line, "runs": []}
        for line in of_packs
    ]
