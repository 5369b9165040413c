"""The index is a view: whatever happens to it, the ledger brings it back."""

import os

import pytest

from restrike.records import index
from restrike.records.ledger import Ledger, opened, opening_digest


def runs_in(ledger):
    return sorted(row["run"] for row in ledger.index.query("SELECT run FROM runs"))


def test_a_record_that_never_reached_the_index_is_found_by_the_next_command(store, opened_run, ledger):
    run, record = opened_run("first")
    unindexed = dict(record, nonce="ff" * 16)
    store.append(unindexed)  # the process dies before the index hears of it
    with opened(store) as again:
        assert len(runs_in(again)) == 2
        assert run in runs_in(again)


@pytest.mark.parametrize("damage", ["remove", "empty", "garbage"])
def test_a_lost_or_spoilt_index_is_made_anew(store, opened_run, ledger, damage):
    made = sorted(opened_run(f"run {number}")[0] for number in range(5))
    ledger.close()
    path = store.root / "index.db"
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    if damage == "remove":
        path.unlink()
    else:
        path.write_bytes(b"" if damage == "empty" else os.urandom(8192))
    with opened(store) as again:
        assert runs_in(again) == made


def test_an_index_of_another_version_is_made_anew(store, opened_run, ledger):
    run, _ = opened_run()
    ledger.index.query("DELETE FROM runs")
    ledger.index.query("PRAGMA user_version=2")
    ledger.close()
    with opened(store) as again:
        assert runs_in(again) == [run]
        assert again.index.query("PRAGMA user_version")[0][0] == index.VERSION


def test_taking_a_record_in_twice_changes_nothing(ledger, opened_run):
    run, record = opened_run()
    ledger.index.take_in(opening_digest(run), record)
    assert runs_in(ledger) == [run]


def test_two_connections_see_each_others_runs(store, opened_run, ledger):
    other = Ledger(store)
    run, _ = opened_run()
    assert runs_in(other) == [run]
    other.close()


def test_uses_of_data_are_found(ledger, opened_run):
    run, _ = opened_run(data={"patients": "a" * 64})
    assert [row["run"] for row in ledger.index.query("SELECT run FROM uses WHERE dataset = ?", "a" * 64)] == [run]
