"""The ledger: append-only, content-addressed records. What it holds is the truth; the index is a view of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from restrike.base import canonical
from restrike.base.errors import RestrikeError
from restrike.records import documents
from restrike.records.artifact import Artifact
from restrike.records.index import Index
from restrike.store import Store
from restrike.store.errors import RecordCorrupt, RecordMissing


class RecordDamaged(RestrikeError):
    """A record of the ledger is missing or is not what its name says."""

    code = "R701"
    exit_code = 1


@dataclass(frozen=True)
class Execution:
    """One execution of a step: its record, the run that it was part of, and its key."""

    record: str
    run: str
    key: str


class Ledger:
    """The records of one store, with the index that finds them."""

    def __init__(self, store: Store):
        self.store = store
        self.index = Index(store)

    def append(self, record: dict[str, Any]) -> str:
        """Write a record durably and return its digest."""
        digest = self.store.append(record)
        self.index.take_in(digest, record)
        return digest

    def document(self, digest: str) -> dict[str, Any]:
        """Return a canonical document (recipe, environment, config) that is kept as an object, verified."""
        value = canonical.loads(self.store.get_bytes(digest))
        if not isinstance(value, dict):
            raise RecordDamaged(f"object '{digest[:12]}' is not a document", hint="restrike store check")
        return value

    def keep(self, document: dict[str, Any]) -> str:
        """Keep a document as an object; its address is its fingerprint."""
        return self.store.put_bytes(canonical.dumps(document))

    def close(self) -> None:
        self.index.close()

    def datasets(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the records of all dataset versions with their digests; damaged ones are left out."""
        return list(self._sound(self.index.query("SELECT record FROM datasets ORDER BY time, record")))

    def completed_lock(self, environment: str) -> str | None:
        """Return the newest lock that was completed for an environment after runs had been made in it."""
        found = self.index.query("SELECT lock FROM locks WHERE environment = ? ORDER BY time DESC LIMIT 1", environment)
        return self.store.get_bytes(found[0]["lock"]).decode() if found else None

    # What steps left behind

    def reusable(self, key: str) -> list[Execution]:
        """Return the executions of a step under a key that may serve again, newest first."""
        sql = "SELECT record, run, key FROM step_runs WHERE key = ? AND state = 'executed' ORDER BY ended DESC, record"
        return [Execution(**row) for row in self.index.query(sql, key)]

    def executions(self, step: str) -> list[Execution]:
        """Return the newest executions of steps of a name that ended well."""
        sql = "SELECT record, run, key FROM step_runs WHERE step = ? AND state != 'failed' ORDER BY ended DESC LIMIT 50"
        return [Execution(**row) for row in self.index.query(sql, step)]

    def _sound(self, found: list[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        for row in found:
            with contextlib.suppress(RecordCorrupt, RecordMissing):
                yield row["record"], self.store.record(row["record"])

    def representative(self, made: Artifact) -> str:
        """Return the bytes that stand for an artifact: those stored first under its input digest.

        Consumers are always given these, so whether they run again may hang on their digest alone.
        """
        if made.input is None:
            return made.digest
        found = self.index.query(
            "SELECT digest FROM representatives WHERE input = ? ORDER BY ended, digest", made.input
        )
        present: Iterator[str] = (row["digest"] for row in found if self.store.has(row["digest"]))
        return next(present, made.digest)


@contextmanager
def opened(store: Store, progress: Callable[[int], None] | None = None) -> Iterator[Ledger]:
    """Open a store's ledger with its index made whole."""
    ledger = Ledger(store)
    try:
        ledger.index.sync(progress)
        yield ledger
    finally:
        ledger.close()


def opening_digest(run: str) -> str:
    """Return the digest of a run's opening record from its ID."""
    import base64

    padded = run.upper() + "=" * (-len(run) % 8)
    return base64.b32decode(padded).hex()


__all__ = ["Ledger", "RecordDamaged", "documents", "opened", "opening_digest"]
