"""The index is a view: whatever happens to it, the next command and `store reindex` bring everything back."""

import os
import shutil

import pytest


def seen(user, run):
    return user.types("--json", "runs").json, user.types("--json", "show", run).json


def without(store, *suffixes):
    for suffix in suffixes or ("", "-wal", "-shm"):
        (store.root / f"index.db{suffix}").unlink(missing_ok=True)


def halved(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def zeroed(path):
    """Spoil everything after the first page, which is all that opening the file looks at."""
    path.write_bytes(path.read_bytes()[:4096] + os.urandom(path.stat().st_size - 4096))


DAMAGES = {
    "removed": lambda store: without(store),
    "empty": lambda store: (store.root / "index.db").write_bytes(b""),
    "garbage": lambda store: (store.root / "index.db").write_bytes(os.urandom(20_000)),
    "cut short": lambda store: halved(store.root / "index.db"),
    "spoilt inside": lambda store: zeroed(store.root / "index.db"),
    "garbage for a log": lambda store: (store.root / "index.db-wal").write_bytes(os.urandom(20_000)),
}


@pytest.fixture
def busy(small):
    """Return somebody with two runs, a verdict, an alias and a second version of their data, and the first run."""
    run = small.run()["run"]
    small.reproduce(run)
    small.types("alias", "champion", run)
    small.writes({"data/numbers.csv": "4\n5\n"})
    small.run()
    return small, run


def test_a_lost_or_spoilt_index_comes_back_whole(busy, store):
    user, run = busy
    before = seen(user, run)
    assert before[0]["runs"][1]["verdict"] == "identical"
    assert before[1]["aliases"] == ["champion"]
    for name, damage in DAMAGES.items():
        damage(store)
        assert seen(user, run) == before, name
        if name in ("removed", "spoilt inside"):
            damage(store)
            assert user.types("--json", "store", "reindex").json["runs"] == 2
            assert seen(user, run) == before, name
    assert user.types("--json", "store", "check").json["ok"]


def test_reindexing_a_sound_index_changes_nothing(busy, store):
    user, run = busy
    before = seen(user, run)
    answer = user.types("--json", "store", "reindex").json
    assert answer == {"records": len(store.files("ledger")), "runs": 2, "damaged": 0}
    assert seen(user, run) == before


def test_a_file_that_is_no_record_does_not_disturb(busy, store):
    user, run = busy
    before = seen(user, run)
    (store.root / "ledger" / "ab").mkdir(exist_ok=True)
    (store.root / "ledger" / "ab" / "notes.json").write_text("{}")
    without(store)
    assert seen(user, run) == before
    problems = user.types("--json", "store", "check", status=1).json["problems"]
    assert [problem["kind"] for problem in problems] == ["foreign"]


def test_a_damaged_record_takes_no_other_with_it(busy, store, flip):
    user, run = busy
    [verdict] = store.of_format("verdict")
    flip(verdict)
    without(store)
    assert [row["verdict"] for row in user.types("--json", "runs").json["runs"]] == [None, None]
    assert user.types("--json", "show", run).json["result"]
    answer = user.types("store", "reindex")
    assert "1 damaged record left out: restrike store check" in answer.out
    [problem] = user.types("--json", "store", "check", status=1).json["problems"]
    assert (problem["digest"], problem["runs"]) == (verdict.stem, [run])


def test_a_lost_opening_is_known_to_be_lost(busy, store, flip):
    user, run = busy
    openings = store.of_format("opening")
    lost = min(openings, key=lambda path: openings[path]["time"])
    flip(lost)
    without(store)
    assert user.types("--json", "runs").json["total"] == 1
    answer = user.types("show", run, status=2)
    assert "1 records of the ledger are damaged" in answer.err
    [problem] = user.types("--json", "store", "check", status=1).json["problems"]
    assert (problem["digest"], problem["runs"]) == (lost.stem, [run])


def test_the_cache_folder_may_go_at_any_time(busy, store):
    user, run = busy
    before = seen(user, run)
    shutil.rmtree(store.root / "cache")
    shutil.rmtree(store.root / "tmp")
    assert seen(user, run) == before
    assert {step["state"] for step in user.run()["steps"]} == {"reused"}
