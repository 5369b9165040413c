"""`restrike store check`, `reindex` and `gc`."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from restrike.base.errors import RestrikeError
from restrike.execution.run import Place
from restrike.execution.runner import Progress, silent
from restrike.records import recorded
from restrike.workspace import find


def store_check(*, project: Path | None = None, progress: Progress | None = None) -> dict[str, Any]:
    """Hash every object and record again; return what is wrong, with the runs that it hurts."""
    tell = progress or silent

    def hashed(done: int, total: int) -> None:
        tell({"event": "phase", "text": "hashing objects", "done": done, "total": total})

    with find(project).place() as place:
        hurt: list[str] = []
        users = _users(place, hurt)
        problems = [
            {
                "kind": problem.kind,
                "digest": problem.digest,
                "path": str(problem.path),
                "detail": problem.detail,
                "runs": sorted(users.get(problem.digest) or hurt),
            }
            for problem in place.ledger.store.check(hashed, named=users)
        ]
        problems += [
            {"kind": "corrupt", "digest": item, "path": str(place.repository.git_dir), "detail": item, "runs": []}
            for item in place.repository.verify()
        ]
        counts = {
            "objects": sum(1 for _ in place.ledger.store.object_digests()),
            "records": sum(1 for _ in place.ledger.store.record_digests()),
        }
    return {"problems": problems, **counts, "ok": not problems}


def store_reindex(*, project: Path | None = None, progress: Progress | None = None) -> dict[str, Any]:
    """Make the index anew from the ledger."""
    tell = progress or silent
    found = find(project)
    with found.place() as place:
        place.ledger.index.discard()
    with found.place(lambda count: tell({"event": "phase", "text": "reading records", "done": count})) as place:
        records = place.ledger.index.query("SELECT COUNT(*) AS n FROM records")[0]["n"]
        total = place.ledger.index.query("SELECT COUNT(*) AS n FROM runs")[0]["n"]
    return {"records": records, "runs": total}


def store_gc(*, project: Path | None = None, dry_run: bool = False) -> dict[str, Any]:
    """Remove objects that no record leads to. Runs, their data and their artifacts are always kept."""
    with find(project).place() as place:
        swept = place.ledger.store.sweep(set(_users(place)), dry_run=dry_run)
    return {"objects": swept.objects, "bytes": swept.bytes, "dry_run": dry_run}


def _users(place: Place, damaged: list[str] | None = None) -> dict[str, set[str]]:
    """Return every object that a record leads to, with the runs that need it.

    What a damaged record or object leads to cannot be told; with `damaged` such runs are collected there.
    """
    users: dict[str, set[str]] = defaultdict(set)
    inside: dict[str, list[str]] = {}
    for run in recorded.every(place.ledger):
        try:
            folders, objects = run.folders, run.objects
            for folder in folders - set(inside):
                inside[folder] = [entry.digest for entry in place.ledger.store.read_tree(folder) if entry.is_file]
        except RestrikeError:
            if damaged is None:
                raise
            damaged.append(run.run)
            continue
        for digest in objects | {leaf for folder in folders for leaf in inside[folder]}:
            users[digest].add(run.run)
    for row in place.ledger.index.query("SELECT dataset AS kept FROM datasets UNION SELECT lock FROM locks"):
        users.setdefault(row["kept"], set())
    return users
