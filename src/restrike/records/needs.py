"""What the recorded runs need: every object, record and code snapshot, with the runs that it would hurt to lose."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from restrike.base.errors import RestrikeError
from restrike.records.ledger import Ledger
from restrike.records.recorded import RecordedRun, read

Users = dict[str, set[str]]  # what is needed -> the runs that need it


def _users() -> Users:
    return defaultdict(set)


@dataclass
class Needs:
    """Needs by digest (of a snapshot: its commit). `unread` are runs of which not all could be read, with why."""

    objects: Users = field(default_factory=_users)
    records: Users = field(default_factory=_users)
    commits: Users = field(default_factory=_users)
    runs: list[str] = field(default_factory=list)
    unread: dict[str, RestrikeError] = field(default_factory=dict)


def needs(ledger: Ledger) -> Needs:
    """Return what all recorded runs need, as far as it can be read."""
    found = Needs()
    leaves: dict[str, list[str]] = {}
    for row in ledger.index.query("SELECT run, commit_id FROM runs ORDER BY started, run"):
        found.runs.append(row["run"])
        found.commits[row["commit_id"]].add(row["run"])
        _take_objects(found, ledger, row["run"], leaves)
    _take_records(found, ledger)
    for row in ledger.index.query("SELECT dataset AS kept FROM datasets UNION SELECT lock FROM locks"):
        found.objects[row["kept"]]  # needed even if no run uses it yet
    return found


def _take_objects(found: Needs, ledger: Ledger, run: str, leaves: dict[str, list[str]]) -> None:
    """Note each part of a run's needs by itself: that one cannot be read must not hide the others."""

    def take(part: Callable[[], Iterable[str]]) -> None:
        try:
            for digest in part():
                found.objects[digest].add(run)
        except RestrikeError as error:
            found.unread.setdefault(run, error)

    def inside() -> Iterable[str]:
        for folder in recorded.folders:
            if folder not in leaves:
                leaves[folder] = [entry.digest for entry in ledger.store.read_tree(folder) if entry.is_file]
            yield from leaves[folder]

    try:
        recorded = read(ledger, run)
    except RestrikeError as error:
        found.unread[run] = error
        return
    take(lambda: _named_at_its_opening(recorded))
    take(lambda: [recorded.recipe["engine"]])
    take(lambda: recorded.objects)
    take(inside)


def _named_at_its_opening(run: RecordedRun) -> list[str]:
    named = [run.opening[name] for name in ("recipe", "code", "config", "environment", "lock", "patch")]
    held = (*named, *run.opening["data"].values(), *run.opening["wheels"].values())
    return [digest for digest in held if digest]


RECORDS = """
SELECT run, record FROM runs UNION SELECT run, record FROM closings UNION SELECT run, record FROM step_runs
UNION SELECT run, record FROM verdicts UNION SELECT run, record FROM checks UNION SELECT run, record FROM aliases
UNION SELECT uses.run, datasets.record FROM datasets JOIN uses
  ON uses.dataset = datasets.dataset AND uses.name = datasets.name
"""


def _take_records(found: Needs, ledger: Ledger) -> None:
    for row in ledger.index.query(RECORDS):
        found.records[row["record"]].add(row["run"])
    for run in found.runs:
        try:
            for entry in read(ledger, run).entries.values():
                if entry["record"]:  # of a reused step: made by another run
                    found.records[entry["record"]].add(run)
        except RestrikeError as error:
            found.unread.setdefault(run, error)
