"""What was read of files, kept from one process to the next. May be deleted at any time."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
import sys
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

_WAIT_S = 0.2  # for another process that writes; nothing is lost by not waiting longer


class KeptFacts(MutableMapping[str, Any]):
    """Facts by the SHA-256 of a file's bytes, in a folder that any number of processes may share.

    Whatever cannot be read counts as not there, and what cannot be written is worked out again next time: this never
    raises for the sake of a cache. What is added is kept from `flush` on.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"facts-{sys.version_info[0]}.{sys.version_info[1]}.db"
        self._version = _version()
        self._read: dict[str, tuple[str, str]] = {}
        self._added: dict[str, Any] = {}
        self._loaded = False

    def __getitem__(self, digest: str) -> Any:
        if digest in self._added:
            return self._added[digest]
        if not self._loaded:
            self._load()
        body, seal = self._read[digest]
        if seal != _seal(digest, self._version, body):
            raise KeyError(digest)
        return json.loads(body)

    def __setitem__(self, digest: str, facts: Any) -> None:
        self._added[digest] = facts

    def __delitem__(self, digest: str) -> None:
        raise TypeError("facts follow from the bytes that they are of; there is no reason to forget one")

    def __iter__(self) -> Iterator[str]:
        if not self._loaded:
            self._load()
        return iter({**self._read, **self._added})

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def flush(self) -> None:
        """Keep what was added. A process that is killed meanwhile leaves what was kept before."""
        if not self._added:
            return
        rows: list[tuple[str, str, str, str]] = []
        for digest, facts in self._added.items():
            body = json.dumps(facts, separators=(",", ":"))
            rows.append((digest, self._version, body, _seal(digest, self._version, body)))
            self._read[digest] = rows[-1][2:]
        self._added = {}
        with contextlib.suppress(sqlite3.Error, OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._write(rows)
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):
                    raise
                self._path.unlink(missing_ok=True)  # damaged: begin anew
                self._write(rows)

    def _write(self, rows: list[tuple[str, str, str, str]]) -> None:
        with contextlib.closing(sqlite3.connect(self._path, timeout=_WAIT_S)) as database, database:
            database.execute("pragma synchronous = off")
            database.execute("create table if not exists facts (digest primary key, version, body, seal) without rowid")
            database.execute("delete from facts where version != ?", (self._version,))
            database.executemany("insert or replace into facts values (?, ?, ?, ?)", rows)

    def _load(self) -> None:
        self._loaded = True
        if not self._path.exists():
            return
        with contextlib.suppress(sqlite3.Error, OSError, ValueError, TypeError):
            with contextlib.closing(sqlite3.connect(self._path, timeout=_WAIT_S)) as database:
                found = database.execute(
                    "select digest, body, seal from facts where version = ?", (self._version,)
                ).fetchall()
            self._read = {str(digest): (str(body), str(seal)) for digest, body, seal in found}


def _seal(digest: str, version: str, body: str) -> str:
    """A row damaged on the disk must not pass for what the file says."""
    return hashlib.sha256(f"{digest} {version} {body}".encode("utf-8", "surrogatepass")).hexdigest()


def _version() -> str:
    """Return what tells this analyser from any other: the digest of its own source."""
    hasher = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        hasher.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return hasher.hexdigest()
