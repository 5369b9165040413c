"""Reuse: an earlier execution serves again, if nothing changed of what it depended on and every byte is still there."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from restrike.base.errors import RestrikeError
from restrike.code import CodeRepository, SnapshotTree
from restrike.execution import changes, reasons
from restrike.execution.capture import Capture
from restrike.execution.changes import Change, State
from restrike.execution.closures import Closures
from restrike.execution.depends import Depend, Installed, Libraries, Observer
from restrike.execution.steprun import Decision, StepRun
from restrike.pipeline.graph import Step
from restrike.records.artifact import Artifact, from_document
from restrike.records.ledger import Execution, Ledger
from restrike.records.recorded import RecordedRun, read
from restrike.store import Store
from restrike.store.errors import ObjectCorrupt, ObjectMissing

MOST = 20  # earlier executions under a key that are compared in full

Inputs = Mapping[str, str]  # digests of the bytes given, by name


def never(step: Step, key: str, inputs: Inputs) -> Decision:
    """Find nothing, as `reproduce` does."""
    return Decision()


def refused(step: Step, key: str, inputs: Inputs) -> Decision:
    """Find nothing, as `run --no-reuse` does."""
    return Decision(None, reasons.asked())


class Past:
    """Code and environment of recorded runs, each read once."""

    def __init__(self, ledger: Ledger, repository: CodeRepository, project: Path):
        self._ledger, self._repository, self._project = ledger, repository, project
        self._runs: dict[str, RecordedRun] = {}
        self._states: dict[str, State] = {}
        self._trees: dict[str, SnapshotTree] = {}
        self._lock = threading.Lock()

    def run(self, run: str) -> RecordedRun:
        if run not in self._runs:
            self._runs[run] = read(self._ledger, run)
        return self._runs[run]

    def state(self, run: str) -> State:
        """Return what a run's steps were executed with. Raise RestrikeError where its records cannot be read."""
        if run not in self._states:
            recorded = self.run(run)
            self._states[run] = State(
                code=recorded.recipe["code"]["fingerprint"],
                environment=recorded.recipe["environment"],
                tree=lambda: self.tree(recorded.opening["commit"]),
                distributions=lambda: recorded.environment["distributions"],
            )
        return self._states[run]

    def tree(self, commit: str) -> SnapshotTree:
        with self._lock:
            if commit not in self._trees:
                self._trees[commit] = self._repository.tree(commit, near=self._project)
            return self._trees[commit]

    def close(self) -> None:
        for tree in self._trees.values():
            tree.close()


class Reuse:
    """Finds for each step of a run the earlier execution that serves again."""

    def __init__(
        self,
        ledger: Ledger,
        past: Past,
        capture: Capture,
        installed: Installed,
        libraries: Libraries,
        closures: Closures,
        warn: Callable[[str], None],
    ):
        self._ledger, self._past, self._capture, self._warn = ledger, past, capture, warn
        self._installed, self._libraries = installed, libraries
        self._now = State(
            code=capture.snapshot.fingerprint,
            environment=capture.environment.identity,
            tree=lambda: past.tree(capture.snapshot.commit),
            distributions=lambda: capture.environment.document["distributions"],
        )
        self._closures = closures

    def __call__(self, step: Step, key: str, inputs: Inputs) -> Decision:
        """Return a verified earlier execution of a step under a key, or why there is none."""
        damaged: str | None = None
        nearest: tuple[str, list[Change]] | None = None
        for digest, record in self._candidates(key):
            found = self._changes(step, record)
            if found:
                if nearest is None or len(found) < len(nearest[1]):
                    nearest = record["run"], found
                continue
            outputs = {name: from_document(document) for name, document in record["outputs"].items()}
            damaged = _damage(self._ledger.store, outputs)
            if damaged is None:
                return Decision(_reused(step, key, digest, record, outputs), reasons.unchanged(record))
            self._warn(f"{step.name}: {damaged}; the step is executed again")
        if damaged is not None:
            return Decision(None, reasons.damaged(damaged))
        if nearest is not None:
            return Decision(None, reasons.changed(*nearest))
        told = reasons.Told(step, key, inputs, self._capture.recipe, self._capture.environment.document)
        return Decision(None, reasons.other_key(self._ledger, told, lambda record: self._changes(step, record)))

    def _candidates(self, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield executions under a key with their records' digests: those with today's code first, then newest first.

        One whose records are damaged is not among them: nothing that it says can be relied on.
        """
        equal: list[Execution] = []
        others: list[Execution] = []
        for row in self._ledger.reusable(key):
            (equal if self._is_as_now(row.run) else others).append(row)
        for row in [*equal, *others[:MOST]]:
            with contextlib.suppress(RestrikeError):
                record = self._ledger.store.record(row.record)
                if record["depends"] is not None:
                    yield row.record, record

    def _is_as_now(self, run: str) -> bool:
        try:
            then = self._past.state(run)
        except RestrikeError:
            return False
        return then.code == self._now.code and then.environment == self._now.environment

    def _changes(self, step: Step, record: Mapping[str, Any]) -> list[Change]:
        depends = record["depends"]
        try:
            then = self._past.state(record["run"])
        except RestrikeError as error:
            return [Change("code", f"the records of an earlier run cannot be read: {error.what}")]
        found = changes.between(depends, then, self._now, step, self._installed, self._closures)
        return [*found, *changes.libraries(depends, self._libraries.digest)]


@dataclass(frozen=True)
class Bound:
    """What a run needs for reuse, now and later: to find earlier executions, and to note what its own depend on."""

    reusable: Callable[[Step, str, Inputs], Decision]
    depend: Depend


@contextmanager
def bound(
    ledger: Ledger, repository: CodeRepository, project: Path, capture: Capture, warn: Callable[[str], None]
) -> Iterator[Bound]:
    """Give a run its reuse, and keep afterwards what spares the next run work."""
    installed = Installed(capture.environment.distributions)
    libraries = Libraries(capture.environment.interpreter.prefix, ledger.store.cache / "libraries.json")
    closures = Closures(capture.sealed.import_roots, installed, ledger.store.cache / "closure")
    past = Past(ledger, repository, project)
    try:
        reuse = Reuse(ledger, past, capture, installed, libraries, closures, warn)
        yield Bound(reuse, Observer(capture.sealed, installed, libraries))
    finally:
        past.close()
        closures.close()
        libraries.save()


def _reused(step: Step, key: str, digest: str, record: dict[str, Any], outputs: dict[str, Artifact]) -> StepRun:
    run = StepRun(step, "reused", key, record["seed"], inputs=dict(record["inputs"]), outputs=outputs, record=digest)
    run.made_by = record["run"]
    run.notes = list(record["notes"])
    return run


def _damage(store: Store, outputs: dict[str, Artifact]) -> str | None:
    """Verify every byte of the outputs and return what is wrong with them. Executing again mends the store."""
    for name, made in outputs.items():
        try:
            if made.kind == "folder":
                for entry in store.read_tree(made.digest):
                    if entry.is_file:
                        store.path_of(entry.digest)
            else:
                store.path_of(made.digest)
        except ObjectMissing:
            return f"the artifact '{name}' is no longer in the store"
        except ObjectCorrupt:
            return f"the artifact '{name}' is damaged in the store"
    return None
