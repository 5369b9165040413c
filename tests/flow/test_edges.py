"""What people run into at the edges: another environment, names that are no Unicode, gates on what does not exist."""

import subprocess

import pytest


@pytest.fixture
def own_env(user, tmp_path):
    """Return somebody whose environment holds a module of its own, and that module."""
    from pathlib import Path

    folder = tmp_path / "env"
    uv = Path(user.variables["PATH"].partition(":")[0]) / "uv"
    subprocess.run([uv, "venv", "-q", folder], check=True, env=user.variables)
    user.variables["VIRTUAL_ENV"] = str(folder)
    (module,) = folder.glob("lib/python*/site-packages")
    (module / "stray.py").write_text("X = 1\n")
    user.writes(
        {
            "restrike.yaml": 'restrike: 1\nsteps:\n  s: {use: "steps:s"}\n',
            "steps.py": "import stray\ndef s():\n    return stray.X\n",
        }
    )
    return user, module / "stray.py"


def test_another_environment_is_no_incident_of_the_recipe(own_env):
    user, module = own_env
    run = user.run()
    assert user.reproduce(run["run"], "--env", "current")["verdict"] == "identical"
    module.write_text("X = 2\n")
    answer = user.types("reproduce", run["run"], "--env", "current", status=11)
    assert "another result, in another environment than the recorded one" in answer.out, answer.out
    (row,) = user.types("--json", "runs").json["runs"]
    assert (row["executions"], row["same"], row["incident"]) == (2, 2, False)


def test_a_message_that_is_no_unicode_is_a_failure_like_any_other(user):
    user.writes(
        {
            "restrike.yaml": 'restrike: 1\nsteps:\n  s: {use: "steps:s"}\n',
            "steps.py": 'def s():\n    raise ValueError("bad name \\udcff")\n',
        }
    )
    answer = user.types("run", status=1)
    assert "ValueError: bad name \\udcff" in answer.out
    assert user.types("--json", "runs").json["runs"][0]["status"] == "failed"
