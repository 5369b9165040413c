"""Several commands at once in one project."""

import shutil
import threading

import pytest


def at_once(*actions):
    """Do all at the same time and return what they return."""
    results = [None] * len(actions)

    def do(number, action):
        results[number] = action()

    threads = [threading.Thread(target=do, args=item) for item in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.parametrize("count", [2, 4])
def test_runs_in_a_project_without_a_store_yet(twenty, store_of, count):
    made = at_once(*[lambda: twenty.types("--json", "run", status=None)] * count)
    assert [answer.status for answer in made] == [0] * count, [answer.err for answer in made]
    assert len({answer.json["run"] for answer in made}) == count
    assert len({answer.json["result"] for answer in made}) == 1
    assert twenty.types("--json", "runs").json["total"] == count
    assert twenty.types("--json", "store", "check").json["ok"]
    assert store_of(twenty).leftovers() == []
    assert {step["state"] for step in twenty.run()["steps"]} == {"reused"}


def test_runs_that_make_the_same_anew(small):
    small.run()
    made = at_once(*[lambda: small.types("--json", "run", "--no-reuse", status=None)] * 3)
    assert [answer.status for answer in made] == [0] * 3, [answer.err for answer in made]
    assert len({answer.json["result"] for answer in made}) == 1
    row = small.types("--json", "runs").json["runs"][0]
    assert (row["executions"], row["same"], row["incident"]) == (4, 4, False)


def test_a_run_while_others_tidy_check_and_reindex(twenty):
    twenty.run()
    twenty.writes({"data/numbers.csv": "7\n"})
    answers = at_once(
        lambda: twenty.types("run", status=None),
        *[lambda: twenty.types("store", "gc", status=None)] * 2,
        lambda: twenty.types("store", "reindex", status=None),
        lambda: twenty.types("store", "check", status=None),
    )
    assert [answer.status for answer in answers] == [0] * 5, [answer.out + answer.err for answer in answers]
    assert twenty.types("--json", "store", "check").json["ok"]
    assert twenty.types("--json", "runs").json["total"] == 2
    assert twenty.reproduce("@last")["verdict"] == "identical"
    assert twenty.reproduce("@last~1")["verdict"] == "identical"


def test_reproductions_that_build_the_same_environment(small):
    run = small.run()["run"]
    cache = small.project.parent / "cache"
    made = at_once(*[lambda: small.types("--json", "reproduce", run, status=None, RESTRIKE_CACHE=str(cache))] * 2)
    assert [answer.json["verdict"] for answer in made] == ["identical"] * 2
    assert len({answer.json["reproduction"] for answer in made}) == 2
    assert len(list((cache / "envs").iterdir())) >= 1
    shutil.rmtree(cache)


def test_data_added_twice_at_once(small):
    answers = at_once(*[lambda: small.types("--json", "data", "add", "data", status=None)] * 3)
    assert [answer.status for answer in answers] == [0] * 3, [answer.err for answer in answers]
    assert len({answer.json["datasets"][0]["digest"] for answer in answers}) == 1
    assert small.types("--json", "store", "check").json["ok"]
