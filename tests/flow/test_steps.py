"""What steps print is live and kept, however they end is told, and steps at once make what they make alone."""

import json
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent


def one_step(user, body, **step):
    """Give somebody a pipeline of one step with this body."""
    code = "import ctypes, os, signal, subprocess, sys, time\n\ndef step():\n" + textwrap.indent(
        textwrap.dedent(body), "    "
    )
    content = {"restrike": 1, "steps": {"only": {"use": "code_of_steps:step", **step}}}
    user.writes({"restrike.yaml": json.dumps(content), "code_of_steps.py": code})


def test_what_is_printed_is_live_and_kept_by_step(small):
    small.writes(
        {
            "steps.py": """
import os, subprocess, sys, time
from pathlib import Path

def double(numbers: Path):
    print("first line", flush=True)
    print("to stderr", file=sys.stderr)
    time.sleep(3)
    subprocess.run(["sh", "-c", "echo from a child; echo its error >&2"])
    sys.stdout.write("unfinished")
    return 1

def total(doubled, offset):
    print("of the second step")
    return 1
"""
        }
    )
    command = [BIN / "restrike", "run"]
    with subprocess.Popen(
        command, cwd=small.project, env=small.variables, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    ) as run:
        arrived = {}
        for line in run.stderr:
            arrived[line.decode().strip()] = time.monotonic()
        ended = time.monotonic()
        run.stdout.read()
    assert run.returncode == 0
    assert ended - arrived["double | first line"] > 2, "the line came only at the end"
    assert ended - arrived["double | to stderr"] > 2
    assert "double | unfinished" in arrived
    log = small.types("--json", "log", "@last").json
    entries = log if isinstance(log, list) else next(value for value in log.values() if isinstance(value, list))
    told = {
        (step, stream): "".join(e["text"] for e in entries if (e["step"], e["stream"]) == (step, stream))
        for step in ("double", "total")
        for stream in ("stdout", "stderr")
    }
    assert told["double", "stdout"] == "first line\nfrom a child\nunfinished"
    assert told["double", "stderr"] == "to stderr\nits error\n"
    assert told["total", "stdout"] == "of the second step\n"
    assert "of the second step" not in small.types("log", "@last", "double").out
    small.run()
    assert "of the second step" in small.types("log", "@last").out, "of a reused step, what it printed then"


def test_binary_and_huge_output_harm_nothing(user):
    one_step(
        user,
        """
        os.write(1, bytes(range(256)) * 4)
        os.write(2, b"\\x1b[31mred\\x1b[0m \\xff\\xfe\\n")
        print()
        for _ in range(20_000):
            print("a line of some length, as progress bars and training loops write them")
        sys.stdout.write("z" * 1_000_000)
        print("the end")
        return 1
        """,
    )
    run = user.types("run")
    assert "executed" in run.out
    log = user.types("log", "@last").out
    assert log.count("a line of some length") == 20_000
    assert log.count("z") >= 1_000_000
    assert log.rstrip().endswith("the end")
    assert user.types("store", "check").status == 0


ENDS = {
    "sys.exit(3)": "sys.exit(3)",
    "os._exit(3)": "status 3",
    "os.kill(os.getpid(), signal.SIGKILL)": "killed itself",
    "os.kill(os.getpid(), signal.SIGTERM)": "SIGTERM",
    "ctypes.string_at(0)": "segmentation fault",
    "os.abort()": "or an abort",  # which a process 1 cannot be ended by, so that the C library goes on to a SIGSEGV
    "x = bytearray(1 << 40)": "MemoryError",
}


@pytest.mark.parametrize("body", ENDS)
def test_every_end_is_told_and_the_store_is_sound(user, body):
    one_step(user, body)
    failed = user.types("run", status=1)
    assert ENDS[body] in failed.out
    assert "restrike/worker" not in failed.out
    (step,) = user.types("--json", "show", "@last").json["steps"]
    assert step["state"] == "failed"
    assert user.reproduce("@last", status=None)["verdict"] in ("identical", "equal")


def test_memory_that_runs_out_is_told(user):
    one_step(user, "x = [bytes(1 << 20) for _ in range(4096)]\nreturn len(x)")
    limit = f"ulimit -v {3 << 20}; exec {BIN}/restrike run"
    done = subprocess.run(
        ["bash", "-c", limit], cwd=user.project, env=user.variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert "MemoryError" in done.stdout
    assert f'File "{user.project}/code_of_steps.py"' in done.stdout


def test_a_timeout_ends_the_step_and_its_children(user):
    one_step(user, "print('begun')\nsubprocess.Popen(['sleep', '61.25'])\ntime.sleep(61)", timeout=1)
    before = time.monotonic()
    failed = user.types("run", status=1)
    assert time.monotonic() - before < 20
    assert "it was stopped after its timeout of 1 s" in failed.out
    assert "steps.only.timeout" in failed.out
    assert "begun" in user.types("log", "@last").out
    assert "61.25" not in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout


def test_a_command_times_out_too(user):
    user.writes(
        {
            "restrike.yaml": json.dumps(
                {"restrike": 1, "steps": {"only": {"run": ["sleep", "61.5"], "timeout": 0.5, "outputs": {"x": "x"}}}}
            )
        }
    )
    assert "timeout of 0.5 s" in user.types("run", status=1).out


def test_a_daemon_that_is_left_behind_ends_with_its_step(user):
    one_step(
        user,
        """
        subprocess.Popen(["sleep", "62.75"], start_new_session=True, stdout=subprocess.DEVNULL)
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(62)
            os._exit(0)
        return 1
        """,
    )
    before = time.monotonic()
    assert user.run()["status"] == "finished"
    assert time.monotonic() - before < 20
    assert "62.75" not in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout


WIDE = """
import os, random, time

def leaf(number, seed):
    begun = time.time()
    time.sleep(0.25)
    drawn = [random.random() for _ in range(100)]
    print("span", number, begun, time.time())
    return {"number": number, "seed": seed, "drawn": drawn, "unordered": sorted({str(x) for x in drawn})}

def joined(**parts):
    return [parts[name]["drawn"][:3] for name in sorted(parts)]
"""


def test_steps_at_once_overlap_and_make_the_same_bytes(user):
    names = [f"leaf{number:02}" for number in range(10)]
    steps = {name: {"use": "wide:leaf", "params": {"number": number}} for number, name in enumerate(names)}
    steps |= {"half": {"use": "wide:joined", "inputs": {name: name for name in names[:5]}}}
    steps |= {"whole": {"use": "wide:joined", "inputs": {name: name for name in names}}}
    user.writes({"wide.py": WIDE, "restrike.yaml": json.dumps({"restrike": 1, "steps": steps})})
    documents, most = {}, {}
    for workers in (1, 4):
        documents[workers] = user.run("--no-reuse", "--workers", workers)
        lines = [line for line in user.types("log", "@last").out.splitlines() if "span" in line]
        spans = [tuple(map(float, line.split("span")[1].split()[1:])) for line in lines]
        assert len(spans) == 10
        most[workers] = max(sum(begun <= moment < ended for begun, ended in spans) for moment, _ in spans)
    assert most[1] == 1
    assert most[4] >= 3, "independent steps did not run at once"
    serial, parallel = ({step["name"]: step["outputs"] for step in documents[workers]["steps"]} for workers in (1, 4))
    assert len(serial) == 12
    assert parallel == serial
    assert documents[4]["recipe"] == documents[1]["recipe"]
    assert documents[4]["result"] == documents[1]["result"]
    assert user.reproduce("@last", "--workers", 4)["verdict"] == "identical"


def test_a_failure_among_steps_at_once_lets_the_others_end(user):
    code = """
import time

def good():
    time.sleep(1)
    return 1

def bad():
    raise ValueError("no")

def after(x):
    return x
"""
    steps = {
        "good": {"use": "code:good"},
        "bad": {"use": "code:bad"},
        "after": {"use": "code:after", "inputs": {"x": "bad"}},
    }
    user.writes(
        {"mine.py": code, "restrike.yaml": json.dumps({"restrike": 1, "steps": steps}).replace("code:", "mine:")}
    )
    run = user.run("--workers", 4, status=1)
    assert {step["name"]: step["state"] for step in run["steps"]} == {
        "good": "executed",
        "bad": "failed",
        "after": "skipped",
    }
