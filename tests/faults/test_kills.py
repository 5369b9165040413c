"""Killed (kill -9) at its write points: what was there stays, nothing is half recorded, the next command works."""

import itertools
import signal

import pytest

KILLED = -signal.SIGKILL
# A run of twenty steps has hundreds of write points; these are the first ones (captures, records, the opening), then
# every stride further, so that every phase is met. The slow test takes all of a smaller run.
SOME = (1, 2, 3, 5, 8, 13, 21, 34, 55, 80, 110, 150, 200, 260, 330, 400, 500)


def killed_at(user, points, *words, before=lambda: None):
    """Kill a command at each of the points until it survives one; yield the points at which it died."""
    for point in points:
        before()
        answer = user.types(*words, status=None, RESTRIKE_TEST_KILL_AT=str(point))
        if answer.status != KILLED:
            assert answer.status == 0, answer.err
            return
        yield point


def is_well(user, store, after):
    """Assert that the store is sound and that records name only what is there."""
    if not (store.root / "format").exists():
        return
    answer = user.types("--json", "store", "check", status=None)
    assert answer.status == 0, f"{after}: {answer.out}{answer.err}"


def states(run):
    return [step["state"] for step in run["steps"]]


@pytest.mark.parametrize("points", [SOME[::5], pytest.param(SOME, marks=pytest.mark.slow)], ids=["few", "many"])
def test_a_run_of_twenty_steps(twenty, store_of, points):
    store = store_of(twenty)
    seen, finished_before = set(), set()
    for point in killed_at(twenty, points, "run"):
        is_well(twenty, store, point)
        listed = twenty.types("--json", "runs").json["runs"]
        assert {run["run"] for run in listed} >= seen, f"a run was lost at {point}"
        new = [run for run in listed if run["run"] not in seen]
        assert [run["status"] for run in new] in ([], ["interrupted"]), f"{point}: {new}"
        seen |= {run["run"] for run in new}
        for run in new:
            assert set(states(twenty.types("--json", "show", run["run"]).json)) <= {"executed", "skipped"}
        executed = {record["step"] for record in store.of_format("step").values()}
        assert executed >= finished_before, f"a finished step was lost at {point}"
        finished_before = executed
    final = twenty.run()
    assert "reused" in states(final)
    assert final["status"] == "finished"
    assert len([record for record in store.of_format("step").values() if record["state"] == "executed"]) < 40
    assert twenty.reproduce()["verdict"] == "identical"
    assert store.leftovers() == []


def test_what_a_killed_run_finished_is_reused(twenty, store_of):
    store = store_of(twenty)
    for point in itertools.count(60, 10):
        answer = twenty.types("run", status=None, RESTRIKE_TEST_KILL_AT=str(point))
        assert answer.status == KILLED, "it never got as far as three finished steps"
        done = {record["step"] for record in store.of_format("step").values()} if store.root.exists() else set()
        if len(done) >= 3:
            break
    again = twenty.run()
    assert states(again) == ["reused"] * len(done) + ["executed"] * (20 - len(done))


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_run_at_every_write_point(small, store):
    first = small.run()
    number = itertools.count(10)

    def before():
        small.writes({"data/numbers.csv": f"{next(number)}\n2\n"})  # so that there is something to do

    for point in killed_at(small, range(1, 1000), "run", before=before):
        is_well(small, store, point)
        assert small.types("--json", "show", first["run"]).json["result"] == first["result"]
        assert small.run()["status"] == "finished"
        assert store.leftovers() == []
    assert point > 30
    assert small.reproduce(first["run"])["verdict"] == "identical"
    listed = small.types("--json", "runs").json["runs"]
    assert {run["status"] for run in listed} == {"finished", "interrupted"}


@pytest.mark.parametrize("stride", [5, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("path", ["data/numbers.csv", "data"], ids=["file", "folder"])
def test_data_add(small, store, path, stride):
    first = small.run()
    number = itertools.count(10)

    def before():
        count = next(number)
        small.writes({"data/numbers.csv": f"{count}\n", "data/sub/more.txt": f"{count}"})

    for point in killed_at(small, range(1, 200, stride), "data", "add", path, before=before):
        is_well(small, store, point)
        [added] = small.types("--json", "data", "add", path).json["datasets"]
        [verified] = small.types("--json", "data", "verify", added["name"]).json["datasets"]
        assert verified["state"] == "unchanged"
        versions = small.types("--json", "data", "log", added["name"]).json["versions"]
        assert len({version["digest"] for version in versions}) == len(versions), f"recorded twice at {point}"
    assert point > 4
    assert store.leftovers() == []
    assert small.reproduce(first["run"])["verdict"] == "identical"


@pytest.mark.parametrize("stride", [3, pytest.param(1, marks=pytest.mark.slow)])
def test_reproduce(small, store, stride):
    run = small.run()["run"]
    small.reproduce(run)
    for point in killed_at(small, range(1, 200, stride), "reproduce", run):
        is_well(small, store, point)
        listed = small.types("--json", "runs").json["runs"]
        assert [(row["run"], row["status"]) for row in listed] == [(run, "finished")]
        assert listed[0]["verdict"] == "identical"
    assert point > 3
    assert small.reproduce(run)["verdict"] == "identical"
    assert store.leftovers() == []
