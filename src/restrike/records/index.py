"""The index: an SQLite view of the ledger that finds runs fast. It may be deleted at any time; the ledger rebuilds it.

`sync` makes it whole whenever a command opens it: a ledger folder whose modification time is not the one noted is
listed again and what is unknown in it is taken in. So a process that died between a record and its row does no harm.
Nothing that can happen to the file stops a command: one that is damaged is made anew, and where none can be written
(a read-only store, a full disk) the view is made in memory.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from restrike.base import digest as digests
from restrike.records import documents
from restrike.store import Store
from restrike.store.errors import RecordCorrupt
from restrike.store.objects import DIGEST

VERSION = 3
RACY_NS = 2_000_000_000  # a folder changed this recently may change again within one tick of its clock

SCHEMA = """
CREATE TABLE IF NOT EXISTS records (digest TEXT PRIMARY KEY, format TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS folders (name TEXT PRIMARY KEY, modified INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS runs (
    run TEXT PRIMARY KEY, record TEXT, name TEXT, recipe TEXT, commit_id TEXT, started REAL, opening TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS runs_by_time ON runs (started);
CREATE INDEX IF NOT EXISTS runs_by_recipe ON runs (recipe);
CREATE TABLE IF NOT EXISTS closings (
    run TEXT PRIMARY KEY, record TEXT, status TEXT, result TEXT, result_bytes TEXT, ended REAL,
    executed INTEGER, reused INTEGER, metrics TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS step_runs (
    record TEXT PRIMARY KEY, run TEXT, step TEXT, key TEXT, state TEXT, ended REAL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS step_runs_by_key ON step_runs (key);
CREATE INDEX IF NOT EXISTS step_runs_by_run ON step_runs (run);
CREATE INDEX IF NOT EXISTS step_runs_by_step ON step_runs (step, ended);
CREATE TABLE IF NOT EXISTS representatives (
    input TEXT, digest TEXT, ended REAL, PRIMARY KEY (input, digest)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS verdicts (
    record TEXT PRIMARY KEY, run TEXT, verdict TEXT, result TEXT, complete INTEGER, time REAL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS verdicts_by_run ON verdicts (run);
CREATE TABLE IF NOT EXISTS checks (record TEXT PRIMARY KEY, run TEXT, time REAL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS checks_by_run ON checks (run);
CREATE TABLE IF NOT EXISTS datasets (record TEXT PRIMARY KEY, name TEXT, dataset TEXT, time REAL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uses (dataset TEXT, run TEXT, name TEXT, PRIMARY KEY (dataset, run, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS locks (record TEXT PRIMARY KEY, environment TEXT, lock TEXT, time REAL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS aliases (record TEXT PRIMARY KEY, name TEXT, run TEXT, time REAL) WITHOUT ROWID;
"""


T = TypeVar("T")


class _Unsound(Exception):
    """The index can be read, but not all of it is what SQLite would have written."""


class Index:
    """Rows for every record of a store's ledger. `damaged` are the records that could not be taken in."""

    def __init__(self, store: Store):
        self.store = store
        self.path = store.root / "index.db"
        self.damaged: set[str] = set()
        self._rows = self._open()

    def _open(self) -> sqlite3.Connection:
        try:
            return self._connect(self.path)
        except sqlite3.DatabaseError as error:
            if _cannot_write(error):
                return self._connect(":memory:")
            if not _is_damaged(error):
                raise
            self._discard()
            return self._connect(self.path)

    def _connect(self, path: Path | str) -> sqlite3.Connection:
        rows = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        try:
            rows.row_factory = sqlite3.Row
            rows.execute("PRAGMA journal_mode=WAL")
            rows.execute("PRAGMA synchronous=NORMAL")
            if rows.execute("PRAGMA user_version").fetchone()[0] != VERSION:
                _lay_out(rows)
        except BaseException:
            rows.close()
            raise
        return rows

    def _discard(self) -> None:
        """Remove the index's files: a view that cannot be read is made anew."""
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    def _surviving(self, action: Callable[[], T]) -> T:
        """Do something with the rows; if the file fails meanwhile, once more with rows made anew."""
        try:
            return action()
        except sqlite3.DatabaseError as error:
            if not (_is_damaged(error) or _cannot_write(error)):
                raise
            self._rows.close()
            if _is_damaged(error):
                self._discard()
            self._rows = self._connect(":memory:") if _cannot_write(error) else self._open()
            self._take_in_all(None)
            return action()

    def close(self) -> None:
        self._rows.close()

    def query(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        return self._surviving(lambda: self._rows.execute(sql, values).fetchall())

    def sync(self, progress: Callable[[int], None] | None = None) -> int:
        """Take in every ledger record that is not in the index yet; return how many there were."""
        return self._surviving(lambda: self._take_in_all(progress))

    def take_in(self, digest: str, record: dict[str, Any]) -> None:
        """Add one record's rows; adding it again changes nothing."""

        def insert() -> None:
            with self._transaction():
                self._take_in(digest, record)

        self._surviving(insert)

    def renew(self, progress: Callable[[int], None] | None = None) -> int:
        """Make every row anew from the ledger; return how many records were taken in."""

        def empty() -> None:
            if self._rows.execute("PRAGMA quick_check").fetchone()[0] != "ok":
                raise _Unsound
            with self._transaction():  # the file stays: another process may be writing to it
                for table in self._rows.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                    self._rows.execute(f"DELETE FROM {table['name']}")

        try:
            self._surviving(empty)
        except _Unsound:
            self._rows.close()
            self._discard()
            self._rows = self._open()
        return self.sync(progress)

    def _take_in_all(self, progress: Callable[[int], None] | None) -> int:
        noted = {
            row["name"]: row["modified"] for row in self._rows.execute("SELECT name, modified FROM folders").fetchall()
        }
        added = 0
        for folder, modified in _ledger_folders(self.store.root / "ledger"):
            if noted.get(folder.name) == modified:
                continue
            with self._transaction():
                unknown = _unknown(folder, self._known(folder.name))
                sound = dict(self._sound(unknown))
                for digest, record in sound.items():
                    self._take_in(digest, record)
                    added += 1
                    if progress:
                        progress(added)
                if len(sound) == len(unknown) and time.time_ns() - modified > RACY_NS:
                    self._rows.execute("INSERT OR REPLACE INTO folders VALUES (?, ?)", (folder.name, modified))
        return added

    def _sound(self, names: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the records that can be read; a damaged one must not take the others with it."""
        for digest in names:
            try:
                yield digest, self.store.record(digest)
            except RecordCorrupt:
                self.damaged.add(digest)

    def _known(self, prefix: str) -> set[str]:
        sql = "SELECT digest FROM records WHERE digest >= ? AND digest < ?"
        return {row["digest"] for row in self._rows.execute(sql, (prefix, prefix + "g"))}

    def _take_in(self, digest: str, record: dict[str, Any]) -> None:
        insert = self._rows.execute
        insert("INSERT OR IGNORE INTO records VALUES (?, ?)", (digest, record["format"]))
        for table, values in _rows_of(digest, record):
            insert(f"INSERT OR IGNORE INTO {table} VALUES ({','.join('?' * len(values))})", values)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._rows.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._rows.execute("COMMIT")
        except BaseException:
            if self._rows.in_transaction:  # a full disk has ended it already
                self._rows.execute("ROLLBACK")
            raise


def _lay_out(rows: sqlite3.Connection) -> None:
    """Make the tables; those of another version go, as the ledger fills them again."""
    rows.execute("BEGIN IMMEDIATE")
    if rows.execute("PRAGMA user_version").fetchone()[0] != VERSION:  # else another process has just done it
        for table in rows.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            rows.execute(f"DROP TABLE {table['name']}")
        for statement in SCHEMA.split(";"):
            rows.execute(statement)
        rows.execute(f"PRAGMA user_version={VERSION}")
    rows.execute("COMMIT")


def _is_damaged(error: sqlite3.DatabaseError) -> bool:
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _cannot_write(error: sqlite3.DatabaseError) -> bool:
    refused = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
    return error.sqlite_errorcode & 0xFF in refused


def _ledger_folders(ledger: Path) -> Iterator[tuple[Path, int]]:
    with os.scandir(ledger) as folders:
        for folder in sorted(folders, key=lambda entry: entry.name):
            if folder.is_dir():
                yield Path(folder.path), folder.stat().st_mtime_ns


def _unknown(folder: Path, known: set[str]) -> list[str]:
    named = (name[:-5] for name in os.listdir(folder) if name.endswith(".json"))
    return sorted(name for name in named if DIGEST.fullmatch(name) and name not in known)


def _rows_of(digest: str, record: dict[str, Any]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield the table and the values of each row that a record stands for."""
    kind = record["format"]
    if kind == documents.OPENING:
        run = digests.base32(digest)
        opening = json.dumps(
            {"dirty": record["conditions"].get("dirty"), "process": record["conditions"].get("process")}
        )
        yield "runs", (run, digest, record["name"], record["recipe"], record["commit"], record["time"], opening)
        for name, dataset in record["data"].items():
            yield "uses", (dataset, run, name)
    elif kind in documents.STEPS:
        state = record["state"] if record.get("reusable", True) else "not reusable"
        yield "step_runs", (digest, record["run"], record["step"], record["key"], state, record["ended"])
        for artifact in record["outputs"].values():
            yield "representatives", (artifact["input"] or artifact["digest"], artifact["digest"], record["ended"])
    elif kind == documents.CLOSING:
        states = [step["state"] for step in record["steps"]]
        yield (
            "closings",
            (
                record["run"],
                digest,
                record["status"],
                record["result"],
                record["result_bytes"],
                record["ended"],
                states.count("executed"),
                states.count("reused"),
                json.dumps(record["metrics"]),
            ),
        )
    elif kind == documents.VERDICT:
        complete = int(record["result"] is not None)
        yield "verdicts", (digest, record["run"], record["verdict"], record["result"], complete, record["time"])
    elif kind == documents.CHECK:
        yield "checks", (digest, record["run"], record["time"])
    elif kind == documents.DATASET:
        yield "datasets", (digest, record["name"], record["digest"], record["made"]["time"])
    elif kind == documents.LOCK:
        yield "locks", (digest, record["environment"], record["lock"], record["time"])
    elif kind == documents.ALIAS:
        yield "aliases", (digest, record["name"], record["run"], record["time"])
