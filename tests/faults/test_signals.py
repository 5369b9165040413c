"""Ctrl-C and its like, at any time: the run is marked, every process ends, nothing is left mounted or lying about."""

import os
import signal
import time
from pathlib import Path

import pytest

SLOW = """
restrike: 1
name: slow
steps:
  quick: {use: "steps:quick"}
  slow: {use: "steps:slow", inputs: {value: quick}}
  other: {use: "steps:slow", inputs: {value: quick}}
"""
FUNCTIONS = """
import subprocess, sys, time

def quick():
    return 1

def slow(value):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", MARK])
    print("it sleeps", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def sleeper(user):
    """Return somebody whose second step takes ten minutes and starts a process of its own, and its mark."""
    mark = f"mark-{os.getpid()}-{time.monotonic_ns()}"
    user.writes({"restrike.yaml": SLOW, "steps.py": f"MARK = {mark!r}\n" + FUNCTIONS})
    user.mark = mark
    return user


def processes(word):
    """Return the processes whose command line or folder tells that they belong to a test."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes() + b"\0" + os.fsencode(os.readlink(entry / "cwd"))
            except OSError:
                continue
            if word.encode() in line:
                found.append((entry.name, line))
    return found


def descendants(pid):
    """Return a process and all that came from it, whatever session they are in."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def living(pids):
    alive = set()
    for pid in pids:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                alive.add(pid)
        except OSError:
            continue
    return alive


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


def asleep(process):
    """Wait until the step that takes ten minutes has begun."""
    while "it sleeps" not in (line := process.stderr.readline()):
        assert line, "it ended by itself"


def ended_by(process, number, *, group):
    family = descendants(process.pid)
    assert len(family) >= 4  # controller, warden, zygote, step
    if group:
        os.killpg(process.pid, number)
    else:
        os.kill(process.pid, number)
    _, err = process.communicate(timeout=20)
    until(lambda: not living(family), 5)
    return err


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("number", "group"),
    [(signal.SIGINT, True), (signal.SIGINT, False), (signal.SIGTERM, False), (signal.SIGHUP, True)],
    ids=["Ctrl-C", "SIGINT", "SIGTERM", "hang-up"],
)
def test_a_run_that_is_stopped(sleeper, store_of, started, number, group, workers):
    process = started(sleeper, "--json", "run", "--workers", workers)
    asleep(process)
    mounts = Path("/proc/self/mountinfo").read_text()
    err = ended_by(process, number, group=group)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert not processes(sleeper.mark)
    assert Path("/proc/self/mountinfo").read_text() == mounts
    store = store_of(sleeper)
    assert store.leftovers() == []
    [closing] = store.of_format("closing").values()
    assert closing["status"] == "interrupted"
    states = {step["step"]: step["state"] for step in closing["steps"]}
    assert states["quick"] == "executed"
    assert states["slow"] == "interrupted"
    [row] = sleeper.types("--json", "runs").json["runs"]
    assert row["status"] == "interrupted"
    assert sleeper.types("--json", "store", "check").json["ok"]
    assert "the run was interrupted" in sleeper.reproduce(status=20)["missing"][0]["what"]


def test_the_next_run_goes_on_from_there(sleeper, store_of, started):
    for _ in range(2):
        process = started(sleeper, "run")
        asleep(process)
        ended_by(process, signal.SIGINT, group=True)
    first, second = sorted(store_of(sleeper).of_format("closing").values(), key=lambda closing: closing["ended"])
    assert [step["state"] for step in first["steps"]] == ["executed", "interrupted", "interrupted"]
    assert [step["state"] for step in second["steps"]] == ["reused", "interrupted", "interrupted"]


def test_what_is_ignored_stays_ignored(sleeper, started):
    """As after nohup."""
    process = started(sleeper, "run", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    asleep(process)
    os.kill(process.pid, signal.SIGHUP)
    time.sleep(0.3)
    assert process.poll() is None
    ended_by(process, signal.SIGINT, group=False)


@pytest.mark.parametrize(
    "after", [0.3, *(pytest.param(seconds, marks=pytest.mark.slow) for seconds in (0.1, 0.5, 0.8))]
)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_that_is_stopped_early(small, store, started, number, after):
    process = started(small, "run")
    time.sleep(after)
    os.killpg(process.pid, number)
    _, err = process.communicate(timeout=20)
    assert process.returncode in (130, -number, 0), err
    assert process.returncode != -number or after < 0.5  # while Python itself starts, nobody can answer
    assert "bug" not in err
    assert not processes(str(small.project))
    assert small.run()["status"] == "finished"
    assert small.types("--json", "store", "check").json["ok"]
    assert store.leftovers() == []


def test_a_reproduction_that_is_stopped(small, store, started):
    run = small.run()["run"]
    process = started(small, "reproduce", run)
    assert "rebuilding" in process.stderr.readline()
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "error[R091]: interrupted; what was recorded before is kept" in err
    assert store.of_format("verdict") == {}
    assert store.leftovers() == []
    assert small.reproduce(run)["verdict"] == "identical"


def test_a_controller_that_is_killed_takes_its_steps_along(sleeper, store_of, started):
    process = started(sleeper, "run")
    asleep(process)
    family = descendants(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    until(lambda: not living(family), 5)
    assert not processes(sleeper.mark)
    [row] = sleeper.types("--json", "runs").json["runs"]
    assert row["status"] == "interrupted"
    assert store_of(sleeper).leftovers() != []
    sleeper.types("store", "gc")
    assert store_of(sleeper).leftovers() == []
