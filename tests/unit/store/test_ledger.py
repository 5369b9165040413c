"""Records are added, never altered; an altered one is seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from restrike.base import canonical
from restrike.base import digest as digests
from restrike.store import Store
from restrike.store.errors import RecordCorrupt, RecordMissing

RECORD: dict[str, Any] = {"format": "restrike.test/1", "loss": 1.0, "note": "!ü", "n": None}


def test_a_record_reads_back_with_its_types(store: Store) -> None:
    digest = store.append(RECORD)
    again = store.record(digest)
    assert again == RECORD
    assert type(again["loss"]) is float
    assert digest == digests.of_bytes(canonical.dumps(RECORD))
    assert store.has_record(digest)


def test_records_come_in_order_of_digest(store: Store) -> None:
    written = {store.append({**RECORD, "n": number}): number for number in range(30)}
    assert [(digest, record["n"]) for digest, record in store.records()] == sorted(written.items())
    assert list(store.record_digests()) == sorted(written)
    assert [record["n"] for _, record in store.records(containing=b'"n":17,')] == [17]


def test_adding_again_changes_nothing(store: Store) -> None:
    digest = store.append(RECORD)
    path = store.root / "ledger" / digest[:2] / f"{digest}.json"
    before = path.stat()
    assert store.append(dict(reversed(RECORD.items()))) == digest
    assert path.stat() == before


def test_a_record_without_a_format_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="format"):
        store.append({"loss": 1})


def test_a_missing_record_is_named(store: Store) -> None:
    with pytest.raises(RecordMissing, match="00000000"):
        store.record("0" * 64)
    assert not store.has_record("0" * 64)


@pytest.mark.parametrize("spoil", [b"", b"{}", b"\xff", b'{"format":"restrike.test/1","loss":2}'])
def test_a_record_edited_by_hand_is_refused(store: Store, spoil: bytes) -> None:
    digest, other = store.append(RECORD), store.append({**RECORD, "n": 1})
    path = store.root / "ledger" / digest[:2] / f"{digest}.json"
    _overwrite(path, spoil)
    with pytest.raises(RecordCorrupt) as caught:
        store.record(digest)
    assert caught.value.where == str(path)
    with pytest.raises(RecordCorrupt):
        list(store.records())
    damaged: list[RecordCorrupt] = []
    assert [found for found, _ in store.records(damaged=damaged.append)] == [other]
    assert [error.digest for error in damaged] == [digest]
    assert store.append(RECORD) == digest
    assert store.record(digest) == RECORD


def test_foreign_files_are_no_records(store: Store) -> None:
    digest = store.append(RECORD)
    folder = store.root / "ledger" / digest[:2]
    (folder / "notes.json").write_bytes(b"{}")
    (folder / f"{digest}.json~").write_bytes(b"{}")
    (store.root / "ledger" / "README").write_bytes(b"")
    (store.root / "ledger" / "zz").mkdir()
    (store.root / "ledger" / "zz" / f"{digest}.json").write_bytes(canonical.dumps(RECORD))
    assert [found for found, _ in store.records()] == [digest]
    foreign = [problem.path.name for problem in store.check() if problem.kind == "foreign"]
    assert sorted(foreign) == sorted(["README", f"{digest}.json", f"{digest}.json~", "notes.json"])


def _overwrite(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)
