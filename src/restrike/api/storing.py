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
    """Hash every object, record and code snapshot again; return what is wrong, with the runs that it hurts."""
    tell = progress or silent

    def hashed(done: int, total: int) -> None:
        tell({"event": "phase", "text": "hashing objects", "done": done, "total": total})

    with find(project).place() as place:
        unreadable: set[str] = set()
        users = _users(place, unreadable)
        named = users.keys() - _record_users(place).keys()
        problems = [
            {
                "kind": problem.kind,
                "digest": problem.digest,
                "path": str(problem.path),
                "detail": problem.detail,
                "runs": sorted(users.get(problem.digest) or unreadable),
            }
            for problem in place.ledger.store.check(hashed, named=named)
        ]
        problems += _code_problems(place)
        counts = {
            "objects": sum(1 for _ in place.ledger.store.object_digests()),
            "records": sum(1 for _ in place.ledger.store.record_digests()),
            "runs": place.ledger.index.query("SELECT COUNT(*) AS n FROM runs")[0]["n"],
        }
    return {"problems": problems, **counts, "ok": not problems}


def _code_problems(place: Place) -> list[dict[str, Any]]:
    """Return the damaged code snapshots with the runs made from each, then damage that hurts none."""
    commits: dict[str, list[str]] = defaultdict(list)
    for row in place.ledger.index.query("SELECT run, commit_id FROM runs ORDER BY started"):
        commits[row["commit_id"]].append(row["run"])
    path = str(place.repository.git_dir)
    damaged = place.repository.damage(list(commits)) if commits else {}
    problems = [
        {"kind": "corrupt", "digest": commit, "path": path, "detail": "; ".join(lines), "runs": commits[commit]}
        for commit, lines in damaged.items()
    ]
    told = {line for lines in damaged.values() for line in lines}
    return problems + [
        {"kind": "corrupt", "digest": "", "path": path, "detail": line, "runs": []}
        for line in (place.repository.verify() if commits else [])
        if line not in told
    ]


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
    """Remove objects and code snapshots that no record leads to. Runs, their data and artifacts are always kept."""
    with find(project).place() as place:
        commits = {row["commit_id"] for row in place.ledger.index.query("SELECT commit_id FROM runs")}
        swept = place.ledger.store.sweep(set(_users(place)), dry_run=dry_run)
        collected = place.repository.collect(commits, dry_run=dry_run)
    return {"objects": swept.objects + collected.objects, "bytes": swept.bytes + collected.bytes, "dry_run": dry_run}


def _users(place: Place, unreadable: set[str] | None = None) -> dict[str, set[str]]:
    """Return every object and record that matters, with the runs that need it.

    What a damaged record or object leads to cannot be told: raise, or collect such runs in `unreadable`.
    """
    users = _record_users(place)
    inside: dict[str, list[str]] = {}
    for row in place.ledger.index.query("SELECT run FROM runs ORDER BY started, run"):
        run = row["run"]
        try:
            needed = _needed(recorded.read(place.ledger, run), inside)
        except RestrikeError:
            if unreadable is None:
                raise
            unreadable.add(run)
            continue
        for digest in needed:
            users[digest].add(run)
    for row in place.ledger.index.query("SELECT dataset AS kept FROM datasets UNION SELECT lock FROM locks"):
        users.setdefault(row["kept"], set())
    return users


def _needed(run: recorded.RecordedRun, inside: dict[str, list[str]]) -> set[str]:
    """Return the objects that a run needs, those inside folders too; `inside` remembers what folders hold."""
    for folder in run.folders - inside.keys():
        inside[folder] = [entry.digest for entry in run.ledger.store.read_tree(folder) if entry.is_file]
    return run.objects | {leaf for folder in run.folders for leaf in inside[folder]}


def _record_users(place: Place) -> dict[str, set[str]]:
    """Return the ledger records of runs with the runs that they belong to."""
    users: dict[str, set[str]] = defaultdict(set)
    for table in ("runs", "closings", "step_runs", "verdicts"):
        for row in place.ledger.index.query(f"SELECT record, run FROM {table}"):
            users[row["record"]].add(row["run"])
    return users
