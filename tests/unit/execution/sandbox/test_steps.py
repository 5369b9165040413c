"""How steps are called, how they end, and that every end is told."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from restrike.execution.sandbox import Mount


def error(outcome: Any) -> dict[str, Any]:
    assert outcome.state != "ok"
    return dict(outcome.result["error"])


def test_a_failure_shows_the_users_frames_alone(bench: Any) -> None:
    text = """\
    def g(x):
        return 1 / x

    def f():
        try:
            g(0)
        except ZeroDivisionError as e:
            raise ValueError('bad') from e
    """
    bench.write("deep.py", text)
    told = error(bench.sandbox.execute(bench.work({"use": "deep:f"})))
    assert (told["type"], told["message"], told["origin"]) == ("ValueError", "bad", "step")
    assert [(frame["file"], frame["line"], frame["function"]) for frame in told["frames"]] == [
        ("/project/deep.py", 8, "f")
    ]
    assert "ZeroDivisionError" in told["text"]
    assert "g(0)" in told["text"]
    assert "restrike/worker" not in told["text"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [("def f(:\n", "SyntaxError"), ("import absent_module\n", "ModuleNotFoundError"), ("1/0\n", "ZeroDivisionError")],
)
def test_a_module_that_does_not_import_is_the_users_failure(bench: Any, text: str, kind: str) -> None:
    bench.write("broken.py", text)
    told = error(bench.sandbox.execute(bench.work({"use": "broken:f"})))
    assert (told["type"], told["origin"]) == (kind, "step")
    assert "broken.py" in told["text"]


@pytest.mark.parametrize(
    ("body", "state", "message"),
    [
        ("import sys; sys.exit(3)", "failed", "the step called sys.exit(3)"),
        ("raise KeyboardInterrupt", "failed", ""),
        ("import os; os._exit(0)", "killed", "ended itself with status 0 (os._exit)"),
        ("import os; os._exit(4)", "killed", "ended itself with status 4 (os._exit)"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL); return 1", "killed", "killed itself"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM); return 1", "killed", "SIGTERM"),
        ("import ctypes; ctypes.string_at(0)", "killed", "SIGSEGV"),
        ("import os; os.abort()", "killed", "SIG"),
        ("bytearray(1 << 60)", "failed", ""),
        ("import os; os.closerange(3, 4096); return 1", "killed", "closed descriptors that are not its own"),
    ],
)
def test_every_end_is_told(bench: Any, body: str, state: str, message: str) -> None:
    outcome = bench.call(body)
    assert outcome.state == state
    assert message in error(outcome)["message"]
    assert bench.value(bench.call("return 1")) == 1  # the zygote is none the worse


def test_a_timeout_ends_the_step_and_all_it_started(bench: Any) -> None:
    started = time.monotonic()
    body = "import subprocess, time\nsubprocess.Popen(['setsid', 'sleep', '4711'])\nwhile True: time.sleep(1)"
    outcome = bench.call(body, timeout=0.5)
    assert outcome.state == "timed out"
    assert "longer than the 0.5 s" in error(outcome)["message"]
    assert time.monotonic() - started < 8
    assert not running(b"4711")


def test_daemons_end_with_their_step(bench: Any) -> None:
    body = """
    import os, time
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execvp("sleep", ["sleep", "4712"])
        os._exit(0)
    time.sleep(0.2)
    return 1
    """
    assert bench.value(bench.call(body)) == 1
    assert not running(b"4712")


def running(argument: bytes) -> list[str]:
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                line = Path("/proc", entry, "cmdline").read_bytes()
            except OSError:
                continue
            if argument in line.split(b"\0"):
                found.append(entry)
    return found


def test_output_is_live_and_complete(bench: Any) -> None:
    body = """
    import os, sys, subprocess
    print("ü", end=""); sys.stderr.write("err\\n")
    os.write(1, bytes(range(256)))
    subprocess.run(["sh", "-c", "printf child"])
    for _ in range(40000):
        print("x" * 50)
    sys.stdout.close(); sys.stderr.close(); os.close(1)
    return 1
    """
    assert bench.value(bench.call(body)) == 1
    text = bench.printed()
    assert bytes(range(256)) in text
    assert b"child" in text
    assert text.count(b"x" * 50 + b"\n") == 40000
    assert "ü".encode() in text
    assert bench.printed("stderr") == b"err\n"


def test_a_line_arrives_while_the_step_still_runs(bench: Any) -> None:
    arrived = threading.Event()
    bench.sandbox._streams._on_log = lambda *entry: arrived.set()
    body = "import os, time\nprint('now')\nwhile not os.path.exists('/inputs/gate/go'): time.sleep(0.02)\nreturn 1"
    gate = bench.folder / "gate"
    gate.mkdir()
    threading.Thread(target=lambda: (arrived.wait(20), (gate / "go").touch())).start()
    assert bench.value(bench.call(body, mounts=[Mount(gate, "/inputs/gate")], timeout=20)) == 1


def test_what_the_log_raises_comes_back(bench: Any) -> None:
    def refuse(step: str, stream: str, data: bytes) -> None:
        raise OSError("the log is full")

    bench.sandbox._streams._on_log = refuse
    with pytest.raises(OSError, match="the log is full"):
        bench.call("print('x')\nreturn 1")


def test_pools_work_inside(bench: Any) -> None:
    bench.write("work.py", "def double(x):\n    return 2 * x\n")
    body = """
    import multiprocessing, concurrent.futures, work
    found = []
    for method in ("fork", "spawn", "forkserver"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            found.append(pool.map(work.double, [1, 2]))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found.append(list(pool.map(work.double, [1, 2])))
    return found
    """
    assert bench.value(bench.call(body, timeout=60)) == [[2, 4]] * 4


def test_joblib_works_inside(make: Any) -> None:
    pytest.importorskip("joblib")
    bench = make()
    bench.write("work.py", "def double(x):\n    return 2 * x\n")
    body = "import joblib, work\nreturn joblib.Parallel(n_jobs=2)(joblib.delayed(work.double)(i) for i in range(4))"
    assert bench.value(bench.call(body, timeout=60)) == [0, 2, 4, 6]


def test_cpu_and_memory_include_children(bench: Any) -> None:
    outcome = bench.command("sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done")
    assert outcome.state == "ok"
    assert outcome.cpu_seconds > 0.05
    assert outcome.max_rss > 5_000_000


def test_global_generators_are_seeded_and_their_use_is_noted(bench: Any) -> None:
    body = """
    import random
    before = random.random()
    import numpy
    return [before, numpy.random.rand()]
    """
    first, second = bench.call(body), None
    drawn = bench.value(first)
    assert first.result["used_global_random"]
    assert {name for note in first.result["notes"] for name in ("random", "numpy") if f"'{name}'" in note} == {
        "random",
        "numpy",
    }
    second = bench.call(body)
    assert bench.value(second) == drawn
    assert bench.value(bench.call(body, job={"seed": 8})) != drawn
    import random

    assert drawn[0] == random.Random(7).random()
    calm = bench.call("import random\nreturn random.Random(1).random()")
    assert bench.value(calm) == random.Random(1).random()
    assert not calm.result["used_global_random"]


def test_a_library_that_draws_when_imported_changes_nothing(bench: Any) -> None:
    pytest.importorskip("rich")
    outcome = bench.call("import random\nimport rich.style\nreturn random.Random(1).random()")
    assert outcome.state == "ok"
    assert not outcome.result["used_global_random"]
    drawn = bench.value(bench.call("import rich.style, random\nreturn random.random()"))
    assert drawn == bench.value(bench.call("import random\nreturn random.random()"))


def test_preloaded_generators_are_seeded_too(make: Any) -> None:
    numpy = pytest.importorskip("numpy")
    bench = make(preload=("numpy",))
    drawn = bench.value(
        bench.call("import sys\nassert 'numpy' in sys.modules\nimport numpy\nreturn numpy.random.rand()")
    )
    assert drawn == numpy.random.RandomState(7).rand()
    light = bench.call("import sys\nreturn 'numpy' in sys.modules", light=True)
    assert bench.value(light) is False


def test_a_module_that_cannot_be_preloaded_harms_only_who_needs_it(make: Any) -> None:
    bench = make(preload=("absent_module",))
    assert bench.value(bench.call("return 1")) == 1


def test_the_portable_profile_reaches_the_libraries(make: Any) -> None:
    pytest.importorskip("threadpoolctl")
    if os.uname().machine != "x86_64":
        pytest.skip("the profile is about x86-64")
    bench = make(variables={"PYTHONWARNINGS": "error"})
    body = """
    import numpy, threadpoolctl
    from numpy._core import _multiarray_umath as core
    told = {name: core.__cpu_features__[name] for name in core.__cpu_dispatch__}
    used = [name for name, on in told.items() if on and ("512" in name or name == "X86_V4")]
    openblas = [entry for entry in threadpoolctl.threadpool_info() if entry["internal_api"] == "openblas"]
    return [used, [entry["architecture"] for entry in openblas]]
    """
    used, kernels = bench.value(bench.call(body))
    assert used == []
    assert set(kernels) == {"Haswell"}


def test_lookups_tell_what_was_missed_and_found(bench: Any) -> None:
    bench.write("lists/a.txt", "x")
    body = """
    import os
    open("lists/a.txt").close()
    os.path.exists("lists/../data/gone.csv")
    for name in ("/home/restrike/x.csv", "/srv/absent.csv"):
        try:
            open(name)
        except OSError:
            pass
    folder = os.open("lists", os.O_RDONLY)
    try:
        os.open("b.txt", os.O_RDONLY, dir_fd=folder)
    except OSError:
        pass
    os.chdir("lists"); open("made.txt", "w").close()
    return 1
    """
    outcome = bench.call(body)
    seen = {item.path: (item.found, item.kind) for item in outcome.lookups}
    assert seen["/project/lists/a.txt"] == (True, "open")
    assert seen["/project/data/gone.csv"] == (False, "stat")
    assert seen["/home/restrike/x.csv"] == (False, "open")
    assert seen["/srv/absent.csv"] == (False, "open")
    assert seen["/project/lists/b.txt"] == (False, "open")
    assert seen["/project/lists/made.txt"] == (True, "write")
    assert not [path for path in seen if path.startswith(("/usr", "/env", "/engine", "/proc", "/tmp", "/outputs"))]
    assert outcome.untraced is None


def test_names_that_are_asked_for_without_being_opened_are_told(bench: Any) -> None:
    bench.write("a.txt", "x")
    body = """
    import os, sys
    os.access("override.csv", os.R_OK)
    os.rename("a.txt", "b.txt")
    os.symlink("b.txt", "latest")
    os.readlink("latest")
    os.mkdir("made")
    os.path.exists(f"{sys.prefix}/../project/round.csv")
    return 1
    """
    seen = {item.path: (item.found, item.kind) for item in bench.call(body).lookups}
    assert seen["/project/override.csv"] == (False, "stat")
    assert seen["/project/a.txt"] == (True, "stat")
    assert seen["/project/latest"] == (True, "stat")
    assert seen["/project/made"] == (True, "write")
    assert seen["/project/round.csv"] == (False, "stat")


@pytest.mark.parametrize(
    "reader",
    [
        "import pyarrow.parquet as p; p.read_table('data/x.parquet')",
        "import pyarrow.csv as p; p.read_csv('data/x.parquet')",
        "import polars as p; p.read_parquet('data/x.parquet')",
        "import polars as p; p.scan_csv('data/x.parquet').collect()",
        "import subprocess; subprocess.run(['cat', 'data/x.parquet'], check=True)",
    ],
)
def test_native_readers_are_seen(make: Any, reader: str) -> None:
    for library in ("pyarrow", "polars"):
        if library in reader:
            pytest.importorskip(library)
    outcome = make().call(reader, timeout=60)
    assert outcome.state == "failed"
    assert ("/project/data/x.parquet", False) in {(item.path, item.found) for item in outcome.lookups}


def test_stop_ends_everything_and_wakes_who_waits(bench: Any) -> None:
    outcomes: list[Any] = []
    thread = threading.Thread(
        target=lambda: outcomes.append(bench.call("import subprocess\nsubprocess.run(['sleep', '4713'])\nreturn 1"))
    )
    thread.start()
    limit = time.monotonic() + 20
    while not running(b"4713") and time.monotonic() < limit:
        time.sleep(0.02)
    assert running(b"4713")
    bench.sandbox.stop()
    assert not running(b"4713")
    thread.join(10)
    assert outcomes[0].state == "killed"
    assert "stopped" in error(outcomes[0])["message"]
    bench.sandbox.stop()
    assert bench.sandbox.isolation.startswith("sealed")


def test_a_killed_warden_takes_its_steps_with_it(bench: Any) -> None:
    bench.value(bench.call("return 1"))
    warden = next(iter(bench.sandbox._links.values()))._process.pid
    outcomes: list[Any] = []
    thread = threading.Thread(
        target=lambda: outcomes.append(bench.call("import subprocess\nsubprocess.run(['sleep', '4714'])"))
    )
    thread.start()
    limit = time.monotonic() + 20
    while not running(b"4714") and time.monotonic() < limit:
        time.sleep(0.02)
    os.kill(warden, signal.SIGKILL)
    thread.join(10)
    assert outcomes
    assert outcomes[0].state == "killed"
    assert "the system ended the sandbox" in error(outcomes[0])["message"]
    limit = time.monotonic() + 5
    while running(b"4714") and time.monotonic() < limit:
        time.sleep(0.02)
    assert not running(b"4714")


def test_a_dead_zygote_is_replaced_and_others_go_on(bench: Any) -> None:
    assert bench.value(bench.call("return 1")) == 1
    os.kill(next(iter(bench.sandbox._links.values()))._process.pid, signal.SIGKILL)
    limit = time.monotonic() + 10
    while not next(iter(bench.sandbox._links.values())).ended and time.monotonic() < limit:
        time.sleep(0.01)
    assert bench.value(bench.call("return 2")) == 2


def test_nothing_is_mounted_on_the_machine(bench: Any) -> None:
    before = Path("/proc/self/mountinfo").read_text()
    assert bench.value(bench.call("return 1")) == 1
    assert Path("/proc/self/mountinfo").read_text() == before


def test_artifacts_are_told_apart_inside(bench: Any, tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_text("1")
    b.write_text("2")
    params = {"a": {"path": "/inputs/a", "codec": "text@1"}, "b": {"path": "/inputs/b", "codec": "text@1"}}
    mounts = [Mount(a, "/inputs/a"), Mount(b, "/inputs/b")]
    outcome = bench.sandbox.execute(bench.work({"op": "differences", "params": params}, mounts=mounts))
    assert outcome.result["differences"] == [{"where": ".", "ours": "1", "theirs": "2"}]
