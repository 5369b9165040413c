"""Reuse: an earlier execution under the same key serves again, if every byte that it made is still what it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from restrike.execution.steprun import StepRun
from restrike.pipeline.graph import Step
from restrike.records.artifact import Artifact, from_document
from restrike.records.ledger import Ledger
from restrike.store import Store
from restrike.store.errors import ObjectCorrupt, ObjectMissing


def lookup(ledger: Ledger, warn: Callable[[str], None]) -> Callable[[Step, str], StepRun | None]:
    """Return a function that finds a verified earlier execution of a step under a key."""

    def find(step: Step, key: str) -> StepRun | None:
        for record_digest, record in ledger.reusable(key):
            outputs = {name: from_document(document) for name, document in record["outputs"].items()}
            if damage := _damage(ledger.store, outputs):
                warn(f"{step.name}: {damage}; the step is executed again")
                continue
            return _reused(step, key, record_digest, record, outputs)
        return None

    return find


def never(step: Step, key: str) -> StepRun | None:
    """Find nothing, as `reproduce` and `run --no-reuse` do."""
    return None


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
