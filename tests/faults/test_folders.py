"""Stores that cannot be written to, are from a newer version, are gone, or lie elsewhere."""

import os
import shutil
import subprocess

import pytest


@pytest.fixture
def read_only(small):
    """Return a function that types a command in the project while it, or a folder of it, cannot be written to."""

    def types(folder, *words, status=0):
        mounting = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"'
        script = f'{mounting} && cd "$2" && shift 2 && exec restrike "$@"'
        command = ["unshare", "-m" if os.geteuid() == 0 else "-Urm", "sh", "-c", script, "sh", folder, small.project]
        done = subprocess.run(
            [*command, *words], cwd="/", env=small.variables, capture_output=True, text=True, check=False
        )
        if "unshare:" in done.stderr:
            pytest.skip("neither root nor user namespaces")
        assert done.returncode == status, done.stdout + done.stderr
        return done

    return types


@pytest.mark.parametrize("part", [".", ".restrike"])
def test_a_store_that_cannot_be_written_to_can_be_read(small, read_only, part):
    run = small.run()["run"]
    for words in (
        ["runs"],
        ["show", run],
        ["log", run],
        ["store", "check"],
        ["diff", run, run],
        ["data", "log", "numbers"],
    ):
        free = small.types(*words).out
        assert read_only(small.project / part, *words).stdout == free
    read_only(small.project / part, "get", f"{run}:total", "-o", str(small.project.parent / "total.json"))
    assert (small.project.parent / "total.json").read_text().strip() == '{"sum":13}'
    for words in (["run"], ["reproduce", run], ["data", "add", "data"], ["store", "gc"], ["alias", "best", run]):
        refused = read_only(small.project / part, *words, status=2)
        assert refused.stderr.splitlines()[-4:][0].startswith("error[R003]"), (words, refused.stderr)
        assert "Read-only file system" in refused.stderr
    assert small.types("--json", "runs").json["total"] == 1
    assert small.types("--json", "store", "check").json["ok"]


def test_a_store_of_a_newer_version_is_left_alone(small):
    small.run()
    format = small.project / ".restrike" / "format"
    format.write_text("restrike.store/2\n")
    before = sorted(path for path in (small.project / ".restrike").rglob("*"))
    for words in (
        ["run"],
        ["runs"],
        ["reproduce", "@last"],
        ["store", "check"],
        ["store", "gc"],
        ["data", "add", "data"],
    ):
        answer = small.types(*words, status=2)
        assert answer.err.startswith("error[R501]")
        assert "pip install --upgrade restrike" in answer.err
    assert sorted(path for path in (small.project / ".restrike").rglob("*")) == before


def test_without_a_store_the_next_run_starts_anew(small):
    first = small.run()
    shutil.rmtree(small.project / ".restrike")
    assert small.types("--json", "runs").json["total"] == 0
    assert "R702" in small.types("show", first["run"], status=2).err
    again = small.run()
    assert again["result"] == first["result"]
    assert small.types("--json", "runs").json["total"] == 1


def test_a_copied_project_is_whole(small):
    run = small.run()
    shown = small.types("show", run["run"]).out
    other = small.project.parent / "else where"
    subprocess.run(["cp", "-a", small.project, other], check=True)
    shutil.rmtree(small.project)
    assert small.types("show", run["run"], cwd=other).out == shown
    assert small.types("--json", "store", "check", cwd=other).json["ok"]
    assert small.types("--json", "reproduce", run["run"], cwd=other).json["verdict"] == "identical"
    assert {step["state"] for step in small.types("--json", "run", cwd=other).json["steps"]} == {"reused"}
