"""A full disk is a clear error that loses nothing, whatever command meets it and wherever in its work."""

import json
import os
import subprocess
import sys

import pytest

# Executed in a mount namespace of its own, with a small file system for a project. `fill` leaves a number of bytes.
PREAMBLE = """
import json, os, pathlib, subprocess, sys
mount, restrike = pathlib.Path(sys.argv[1]), sys.argv[2]
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(mount)], check=True)
os.chdir(mount)
(mount / "data").mkdir()
for name, text in json.loads(sys.argv[3]).items():
    (mount / name).write_text(text)
filler = mount / ".restrike" / "filler"

def fill(left):
    room = os.statvfs(mount)
    filler.write_bytes(bytes(max(0, room.f_bavail * room.f_frsize - left)))

def free():
    filler.unlink(missing_ok=True)

def types(*words):
    done = subprocess.run([restrike, "--json", *words], capture_output=True, text=True)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout)

def refused(*words, left):
    fill(left)
    status, answer = types(*words)
    free()
    if status == 0:
        return False
    error = answer.get("error", answer)
    assert status == 1 and error.get("code") == "R002", (words, left, status, answer)
    assert "nothing recorded before is lost" in error["what"], error
    assert "restrike store gc" in error["hint"], error
    assert types("store", "check")[1]["ok"], (words, left)
    return True

def run():
    status, document = types("run")
    assert status == 0, document
    return document
"""

EVERYWHERE = """
first = run()
known = {first["run"]}
lefts = [0, 8_000, 40_000, 100_000, 200_000, 400_000, 600_000, 800_000, 1_500_000, 4_000_000]
outcomes = {"run": [], "reproduce": [], "add": []}
for number, left in enumerate(lefts):
    (mount / "data" / "numbers.csv").write_text(f"{number}\\n5\\n")
    outcomes["run"].append(refused("run", left=left))
    outcomes["reproduce"].append(refused("reproduce", first["run"], left=left))
    pathlib.Path("../big").write_bytes(os.urandom(300_000))
    outcomes["add"].append(refused("data", "add", "../big", left=left))
    listed = types("runs")[1]["runs"]
    assert known <= {row["run"] for row in listed}
    assert {row["status"] for row in listed} <= {"finished", "interrupted"}
    assert types("show", first["run"])[1]["result"] == first["result"]
for which, told in outcomes.items():
    assert told[0] and not told[-1], (which, told)
(mount / "data" / "numbers.csv").write_text("1\\n2\\n3\\n")
assert run()["result"] == first["result"]
assert types("reproduce", first["run"])[1]["verdict"] == "identical"
assert [path for path in (mount / ".restrike" / "tmp").iterdir()] == []
fill(0)
status, listed = types("runs")
assert status == 0 and first["run"] in {row["run"] for row in listed["runs"]}
status, got = types("get", first["run"] + ":total", "-o", "/dev/shm/" + first["run"])
assert status == 0, got
os.unlink("/dev/shm/" + first["run"])
"""

STEP = """
(mount / "steps.py").write_text(LARGE)
status, answer = types("run")
assert status == 1 and answer["error"]["code"] == "R002", (status, answer)
assert types("store", "check")[1]["ok"]
listed = types("runs")[1]["runs"]
assert [row["status"] for row in listed] == ["interrupted"], listed
assert not any(json.loads(path.read_bytes())["format"].startswith("restrike.step/") and "total" in path.read_text()
               for path in (mount / ".restrike" / "ledger").rglob("*.json"))
(mount / "steps.py").write_text(LARGE.replace("20_000_000", "20"))
assert run()["status"] == "finished"
"""

LARGE = {
    "returned": """
def double(numbers):
    return [1]

def total(doubled, offset):
    return b"x" * 20_000_000
""",
    "written": """
from pathlib import Path

def double(numbers):
    return [1]

def total(doubled, offset):
    folder = Path("made")
    folder.mkdir()
    for number in range(5):
        (folder / str(number)).write_bytes(b"x" * (20_000_000 // 5))
    return folder
""",
    "tidied up": """
from pathlib import Path

def double(numbers):
    return [1]

def total(doubled, offset):
    folder = Path("/outputs")
    for number in range(20_000_000 // 200_000):
        try:
            (folder / str(number)).write_bytes(b"x" * 200_000)
        except OSError:
            (folder / str(number)).unlink()  # so that there is room for a record of the failure, as if it were its own
            (folder / "0").unlink()
            raise
    return {"sum": 0}
""",
    "printed": """
def double(numbers):
    return [1]

def total(doubled, offset):
    for _ in range(20_000_000 // 1000):
        print("x" * 1000)
    return 1
""",
}


@pytest.fixture
def on_a_small_disk(small):
    """Return a function that executes a script where the project is a file system of twelve megabytes."""

    def execute(script):
        mount = small.project.parent / "mount"
        mount.mkdir()
        files = {name: (small.project / name).read_text() for name in ("restrike.yaml", "steps.py", "data/numbers.csv")}
        restrike = os.path.join(os.path.dirname(sys.executable), "restrike")
        command = ["unshare", "-m" if os.geteuid() == 0 else "-Urm", sys.executable, "-c", PREAMBLE + script]
        done = subprocess.run(
            [*command, mount, restrike, json.dumps(files)],
            env=small.variables,
            capture_output=True,
            text=True,
            check=False,
        )
        if "unshare:" in done.stderr:
            pytest.skip("neither root nor user namespaces")
        assert done.returncode == 0, done.stderr

    return execute


@pytest.mark.slow
def test_every_command_at_any_moment(on_a_small_disk):
    on_a_small_disk(EVERYWHERE)


def test_a_run_on_a_full_disk(on_a_small_disk):
    on_a_small_disk(EVERYWHERE.replace("40_000, 100_000, 200_000, 400_000, 600_000, 800_000, ", "500_000, "))


@pytest.mark.parametrize("how", LARGE)
def test_a_step_that_fills_the_disk(on_a_small_disk, how):
    on_a_small_disk(f"LARGE = {LARGE[how]!r}\n" + STEP)
