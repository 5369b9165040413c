"""`restrike runs`, `show` and `log`."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from restrike.api.documents import own_paths, run_document
from restrike.base.digest import base32
from restrike.execution.log import read as read_log
from restrike.execution.process import is_alive
from restrike.records import names, recorded
from restrike.records.ledger import Ledger
from restrike.workspace import find

# One row a run; executions are runs that reused nothing and complete verdicts, results the different ones among them.
RUNS = """
SELECT runs.*, closings.status, closings.result, closings.ended, closings.executed, closings.reused, closings.metrics,
  (SELECT verdict FROM verdicts WHERE verdicts.run = runs.run ORDER BY time DESC LIMIT 1) AS verdict
FROM runs LEFT JOIN closings ON closings.run = runs.run
{where} ORDER BY runs.started DESC, runs.run LIMIT ?
"""
EXECUTIONS = """
SELECT result FROM runs JOIN closings ON closings.run = runs.run
  WHERE runs.recipe = ? AND closings.result IS NOT NULL AND closings.reused = 0
UNION ALL
SELECT verdicts.result FROM verdicts JOIN runs ON runs.run = verdicts.run
  WHERE runs.recipe = ? AND verdicts.result IS NOT NULL
"""

WORSE = ("robust", "held", "flinches")  # what a check has shown of a step under a variation, from good to bad


def runs(*, project: Path | None = None, limit: int = 100, status: str | None = None) -> dict[str, Any]:
    """Return the latest runs with how often each recipe has given its result."""
    with find(project).place() as place:
        total = place.ledger.index.query("SELECT COUNT(*) AS n FROM runs")[0]["n"]
        where = "WHERE closings.status = ?" if status else ""
        found = place.ledger.index.query(RUNS.format(where=where), *([status] if status else []), limit)
        return {"total": total, "runs": [_row(place.ledger, row) for row in found]}


def show(run: str, *, project: Path | None = None) -> dict[str, Any]:
    """Return everything that is recorded of one run."""
    found = find(project)
    with found.place() as place:
        record = recorded.read(place.ledger, names.resolve(place.ledger, run))
        return run_document(record, found.root) | _details(place.ledger, record)


def log(run: str, step: str | None = None, *, project: Path | None = None) -> list[dict[str, Any]]:
    """Return what the steps of a run printed, in the order in which it came; of a reused step, what it printed then."""
    found = find(project)
    with found.place() as place:
        record = recorded.read(place.ledger, names.resolve(place.ledger, run))
        if step is not None:
            _check_step(record, step)
        entries = [entry for entry in _log_entries(place.ledger, record) if step in (None, entry["step"])]
        return [entry | {"text": own_paths(entry["text"], found.root)} for entry in entries]


def _check_step(run: recorded.RecordedRun, step: str) -> None:
    known = [each.name for each in run.steps]
    if step not in known:
        from restrike.verification.reproduce import UnknownStep  # why: `restrike runs` need not pay for it

        near = difflib.get_close_matches(step, known, n=1)
        raise UnknownStep(
            f"the run has no step '{step}' (it has: {', '.join(known)})",
            where=f"run {run.run[:12]}",
            hint=f"restrike log {run.run[:12]} {near[0]}" if near else None,
        )


def repeats(ledger: Ledger, recipe: str, result: str | None) -> dict[str, Any]:
    """Return how often a recipe was executed in full, how often with this result, and whether it gave two."""
    results = [row["result"] for row in ledger.index.query(EXECUTIONS, recipe, recipe)]
    return {"executions": len(results), "same": results.count(result), "incident": len(set(results)) > 1}


def checks(ledger: Ledger, run: str) -> dict[str, Any]:
    """Return what all checks of a run have shown: for each step the variations it gave the same under, and did not.

    Where a variation was tried more than once, the worst outweighs any number of executions that agreed.
    """
    rows = ledger.index.query("SELECT record FROM checks WHERE run = ? ORDER BY time", run)
    records = [ledger.store.record(row["record"]) for row in rows]
    by_step: dict[str, dict[str, str]] = {}
    by_variation: dict[str, list[str]] = {}
    for record in records:
        for step in record["steps"]:
            known = by_step.setdefault(step["step"], {})
            for variation in (item["variation"] for item in record["variations"]):
                if state := step["states"].get(variation):
                    told = "robust" if state in ("identical", "equal") else "held" if state == "held" else "flinches"
                    known[variation] = max(known.get(variation, told), told, key=WORSE.index)
                    by_variation.setdefault(variation, []).append(told)
    worst = [max(told, key=WORSE.index) for told in by_variation.values()]
    return {
        "checks": len(records),
        "variations": len(worst),
        **{kind: worst.count(kind) for kind in WORSE},
        "steps": [
            {"step": step, **{kind: [name for name, told in known.items() if told == kind] for kind in WORSE}}
            for step, known in by_step.items()
        ],
    }


def _row(ledger: Ledger, row: Any) -> dict[str, Any]:
    opening = json.loads(row["opening"])
    status = row["status"] or ("interrupted" if is_alive(opening["process"]) is False else "running")
    return {
        "run": row["run"],
        "name": row["name"],
        "status": status,
        "started": row["started"],
        "seconds": row["ended"] - row["started"] if row["ended"] else None,
        "commit": row["commit_id"],
        "dirty": opening["dirty"],
        "recipe": row["recipe"],
        "result": row["result"],
        "metrics": json.loads(row["metrics"]) if row["metrics"] else {},
        "verdict": row["verdict"],
        "reused": row["reused"] or 0,
        "steps": (row["executed"] or 0) + (row["reused"] or 0),
        **repeats(ledger, row["recipe"], row["result"]),
    }


def _details(ledger: Ledger, run: recorded.RecordedRun) -> dict[str, Any]:
    rows = ledger.index.query("SELECT record FROM verdicts WHERE run = ? ORDER BY time", run.run)
    verdicts = [ledger.store.record(row["record"]) | {"reproduction": base32(row["record"])} for row in rows]
    return {
        "overrides": run.opening["overrides"],
        "config": run.config["document"],
        "origins": run.config["origins"],
        "code": run.code,
        "patch": run.patch,
        "environment": {"identity": run.recipe["environment"], **run.environment},
        "data": [{"name": name, **item} for name, item in run.recipe["data"].items()],
        "conditions": run.opening["conditions"],
        "verdicts": verdicts,
        "checks": checks(ledger, run.run),
        "repeats": repeats(ledger, run.opening["recipe"], (run.closing or {}).get("result")),
        "aliases": sorted(name for name, target in names.aliases(ledger).items() if target == run.run),
        "log_bytes": ledger.store.size_of(run.closing["log"]) if run.closing else 0,
    }


def _log_entries(ledger: Ledger, run: recorded.RecordedRun) -> Iterator[dict[str, Any]]:
    if run.closing:
        yield from read_log(ledger.store.get_bytes(run.closing["log"]))
    for name, entry in run.entries.items():
        if entry["state"] == "reused" and entry["made_by"]:
            earlier = recorded.read(ledger, entry["made_by"])
            if earlier.closing:
                printed = read_log(ledger.store.get_bytes(earlier.closing["log"]))
                yield from (line for line in printed if line["step"] == name)
