"""Where namespaces are forbidden: the same jobs and results, honestly called reduced. As an ordinary user: sealed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import Any

import pytest

import restrike
from restrike.execution.sandbox import Mount


def test_it_says_what_it_is(unsealed: Any) -> None:
    assert unsealed.sandbox.isolation.startswith("reduced: ")
    assert "Operation not permitted" in unsealed.sandbox.isolation


def test_jobs_and_results_are_the_same(unsealed: Any, tmp_path: Path) -> None:
    source = tmp_path / "in.json"
    source.write_text("[1]")
    unsealed.write(
        "steps.py",
        "def f(x, seed):\n    open('made.txt', 'w').close()\n    return [x, open('data/d.csv').read(), seed]\n",
    )
    job = {"use": "steps:f", "inputs": {"x": {"path": "/inputs/x", "codec": "json@1"}}}
    mounts = [Mount(source, "/inputs/x"), Mount(source, "/project/data/d.csv")]
    outcome = unsealed.sandbox.execute(unsealed.work(job, mounts=mounts))
    assert unsealed.value(outcome) == [[1], "[1]", 7]
    assert not (unsealed.project / "made.txt").exists()


def test_failures_name_places_as_in_a_seal(unsealed: Any) -> None:
    outcome = unsealed.call("return open('gone.csv')")
    told = outcome.result["error"]
    assert told["missing"] == "/project/gone.csv"
    assert told["frames"][0]["file"].startswith("/project/module")
    assert ("/project/gone.csv", False) in {(item.path, item.found) for item in outcome.lookups}


def test_timeouts_and_crashes_are_told(unsealed: Any) -> None:
    assert unsealed.call("import time\ntime.sleep(60)", timeout=0.3).state == "timed out"
    assert unsealed.call("import ctypes\nctypes.string_at(0)").state == "killed"
    body = "import subprocess\nsubprocess.Popen(['sleep', '4715'])\nreturn 1"
    assert unsealed.value(unsealed.call(body)) == 1


def test_nothing_is_left_behind(unsealed: Any) -> None:
    unsealed.value(unsealed.call("return 1"))
    root = unsealed.sandbox._reduced._root
    assert root.is_dir()
    unsealed.sandbox.stop()
    assert not root.exists()


UNPRIVILEGED = """
import json, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from restrike.execution.sandbox import Mount, Sandbox, Seal, Work
from restrike.execution.sandbox.variables import stated
root = Path(sys.argv[2])
environment = (Mount(Path("/usr"), "/env"),)
variables = stated("portable", 1, {})
seal = Seal(Path("/usr/bin/python3"), environment, root / "engine", root / "code", (".",), variables)
job = {"protocol": 1, "op": "step", "step": "s", "use": "m:f", "seed": 1, "params": {}, "inputs": {}}
job["outputs"] = [{"name": "output"}]
with Sandbox(seal, on_log=lambda *entry: None) as sandbox:
    outcome = sandbox.execute(Work("s", job, (Mount(root / "in.txt", "/inputs/x"),), root / "outputs"))
    print(json.dumps([sandbox.isolation, outcome.state, outcome.result, [item.path for item in outcome.lookups]]))
"""


@pytest.mark.skipif(os.getuid() != 0, reason="takes root to become an ordinary user")
@pytest.mark.skipif(not os.path.exists("/usr/bin/python3"), reason="takes a Python that everyone can read")
def test_an_ordinary_user_gets_the_whole_seal(engine: Path) -> None:
    if (
        sys.version_info < (3, 11)
        or b"3.1" not in subprocess.run(["/usr/bin/python3", "-V"], capture_output=True).stdout
    ):
        pytest.skip("the system's Python is too old for the controller")
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        shutil.copytree(Path(restrike.__file__).parent, root / "src" / "restrike")
        shutil.copytree(engine, root / "engine")
        (root / "code").mkdir()
        (root / "outputs").mkdir()
        (root / "in.txt").write_text("x")
        body = """
        def f():
            import os, subprocess
            open("here.txt", "w").write(open("/inputs/x").read())
            command = "exec 2>/dev/null; echo y >> /inputs/x || echo y >> /usr/x"
            opened = subprocess.run(["sh", "-c", command]).returncode
            try:
                open("/root/gone.csv")
            except OSError:
                pass
            return [os.getpid(), opened != 0, os.path.exists("/var")]
        """
        (root / "code" / "m.py").write_text(textwrap.dedent(body))
        subprocess.run(["chmod", "-R", "a+rX", name], check=True)
        os.chown(root / "outputs", 65534, 65534)
        done = subprocess.run(
            ["/usr/bin/python3", "-c", UNPRIVILEGED, str(root / "src"), name],
            user=65534, group=65534, extra_groups=[], cwd="/", capture_output=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        isolation, state, result, lookups = json.loads(done.stdout)
        if isolation.startswith("reduced"):
            pytest.skip(f"this machine forbids user namespaces: {isolation}")
        assert (state, result["state"]) == ("ok", "ok")
        assert json.loads((root / "outputs" / "output").read_text()) == [1, True, False]
        assert "/root/gone.csv" in lookups


def test_a_step_is_traced_without_namespaces_too(unsealed: Any) -> None:
    unsealed.write("helper.py", "X = 1\n")
    unsealed.write("folder/a.txt", "")
    body = """
    import os, subprocess, sys, tempfile, time
    time.time(), os.listdir("folder"), os.environ.get("HUB"), open("folder/a.txt").close()
    subprocess.run([sys.executable, "-c", "import helper"], check=True)
    return tempfile.mkdtemp()
    """
    outcome = unsealed.call(body)
    assert outcome.state == "ok", outcome.result
    trace = outcome.result["trace"]
    assert trace["modules"] == ["helper.py", "module0.py"]
    assert (trace["listed"], trace["incomplete"], trace["pythons"]) == (["folder"], None, 1)
    assert [(item["what"], item["file"], item["line"]) for item in trace["readings"]] == [
        ("time.time()", "module0.py", 4)
    ]
    assert [item["path"] for item in trace["opened"]] == ["/project/folder", "/project/folder/a.txt"]
    assert [item["name"] for item in trace["variables"]] == ["HUB"]
    assert trace["temporary"][0].startswith("/tmp/")
    isolated = unsealed.call("import subprocess, sys\nsubprocess.run([sys.executable, '-I', '-c', 'pass'])\nreturn 1")
    assert isolated.result["trace"]["incomplete"]
