"""The main job: a run that reproduces from its ID, whatever has become of what it was made from."""

import pytest


@pytest.mark.parametrize("name", ["diabetes", "wine", "titanic", "spam"])
def test_an_example_runs_and_reproduces_identical(example, name):
    user = example(name)
    run = user.run()
    assert run["status"] == "finished"
    assert {step["state"] for step in run["steps"]} == {"executed"}
    verdict = user.reproduce(run["run"][:12])
    assert verdict["verdict"] == "identical"
    assert verdict["scope"]["environment"]["mismatches"] == []
    assert {step["state"] for step in verdict["steps"]} == {"identical"}
    assert user.git("status", "--porcelain") == ""


def test_the_second_run_reuses_everything_and_says_so(small):
    first = small.run()
    again = small.types("run")
    assert "nothing to do: all 2 steps reused" in again.out
    second = small.types("--json", "show", "@last").json
    assert second["result"] == first["result"]
    assert [step["state"] for step in second["steps"]] == ["reused", "reused"]


def test_a_run_reproduces_after_everything_it_was_made_from_is_gone(small):
    run = small.run()
    small.writes(
        {"steps.py": "def double(numbers): return 0\n", "data/numbers.csv": "9\n", "restrike.yaml": "broken: ["}
    )
    verdict = small.reproduce(run["run"])
    assert verdict["verdict"] == "identical"
    assert (small.project / "restrike.yaml").read_text() == "broken: ["
