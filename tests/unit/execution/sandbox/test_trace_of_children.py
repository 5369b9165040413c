"""What processes of a step use counts as the step's own; where one does not tell, the trace says so."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest


def traced(outcome: Any) -> dict[str, Any]:
    assert outcome.state == "ok", outcome.result
    return dict(outcome.result["trace"])


USES = "import os, time\nimport helper\nos.listdir('plugins')\nTIME = time.time()\n"


@pytest.fixture
def project(bench: Any) -> Any:
    bench.write("helper.py", "X = 1\n")
    bench.write("plugins/a.txt", "")
    bench.write("child.py", USES)
    bench.write("work.py", "def go(n):\n    import helper, os\n    os.listdir('plugins')\n    return n + helper.X\n")
    return bench


def of_child(trace: dict[str, Any]) -> list[Any]:
    return [{"helper.py"} <= set(trace["modules"]), trace["listed"], trace["incomplete"]]


SAW_ALL = [True, ["plugins"], None]

CHILDREN = {
    "a script": "import subprocess, sys\nsubprocess.run([sys.executable, 'child.py'], check=True)",
    "a module": "import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'child'], check=True)",
    "a shell": "import os\nos.system('python child.py')",
    "a grandchild": "import subprocess, sys\n"
    "code = 'import subprocess, sys; subprocess.run([sys.executable, \"child.py\"])'\n"
    "subprocess.run([sys.executable, '-c', code], check=True)",
    "a fork": "import os\npid = os.fork()\nif not pid:\n    import child\n    os._exit(0)\nos.waitpid(pid, 0)",
    "a spawned pool": "import multiprocessing as m, work\nwith m.get_context('spawn').Pool(1) as pool:\n"
    "    assert pool.map(work.go, [1]) == [2]",
    "a forked pool": "import multiprocessing as m, work\nwith m.get_context('fork').Pool(1) as pool:\n"
    "    assert pool.map(work.go, [1]) == [2]",
    "a fork server": "import multiprocessing as m, work\nwith m.get_context('forkserver').Pool(1) as pool:\n"
    "    assert pool.map(work.go, [1]) == [2]",
    "a pool of futures": "from concurrent.futures import ProcessPoolExecutor\nimport work\n"
    "with ProcessPoolExecutor(1) as pool:\n    assert list(pool.map(work.go, [1])) == [2]",
    "loky": "import joblib, work\n"
    "assert joblib.Parallel(n_jobs=2)(joblib.delayed(work.go)(1) for _ in range(2)) == [2, 2]",
    "one that is killed": "import signal, subprocess, sys\n"
    "code = 'import child, os, signal; os.kill(os.getpid(), signal.SIGTERM)'\n"
    "assert subprocess.run([sys.executable, '-c', code]).returncode == -signal.SIGTERM",
    "one that leaves at once": "import subprocess, sys\n"
    "subprocess.run([sys.executable, '-c', 'import child, os; os._exit(3)'])",
    "one that closes all it can": "import subprocess, sys\n"
    "code = 'import os; os.closerange(3, 1000); import child'\n"
    "subprocess.run([sys.executable, '-c', code], check=True)",
    "one without outputs": "import os, subprocess, sys\nos.chmod('/outputs', 0o555)\n"
    "subprocess.run([sys.executable, 'child.py'], check=True)\nos.chmod('/outputs', 0o755)",
    "one elsewhere": "import subprocess, sys\n"
    "subprocess.run([sys.executable, '-c', 'import os; os.chdir(\"/project\"); import child'], check=True, cwd='/tmp')",
}


@pytest.mark.parametrize("kind", CHILDREN)
def test_a_process_of_a_step_tells_what_it_uses(project: Any, kind: str) -> None:
    if "joblib" in CHILDREN[kind]:
        pytest.importorskip("joblib")
    assert of_child(traced(project.call(CHILDREN[kind] + "\nreturn 1", timeout=60))) == SAW_ALL


def test_a_command_tells_what_it_uses(project: Any) -> None:
    trace = traced(project.command("python", "child.py"))
    assert of_child(trace) == SAW_ALL
    assert "child.py" in trace["modules"]
    assert [(item["what"], item["file"], item["line"]) for item in trace["readings"]] == [
        ("time.time()", "child.py", 4)
    ]
    assert (trace["pythons"], trace["libraries"]) == (1, [])


def test_libraries_of_a_process_that_still_runs(project: Any) -> None:
    body = """
    import subprocess, sys
    child = subprocess.Popen([sys.executable, "-c", "import sqlite3, time; print(flush=True); time.sleep(60)"],
                             stdout=subprocess.PIPE)
    child.stdout.readline()
    return 1
    """
    found = traced(project.call(body))["libraries"]
    assert [path for path in found if "sqlite" in path] or "sqlite" in sys.prefix


UNSEEN = {
    "isolated": "import subprocess, sys\nsubprocess.run([sys.executable, '-I', '-c', 'pass'])",
    "without site": "import subprocess, sys\nsubprocess.run([sys.executable, '-S', 'child.py'])",
    "without variables": "import subprocess, sys\nsubprocess.run([sys.executable, 'child.py'], env={})",
    "without its path": "import os, subprocess, sys\nos.environ['PYTHONPATH'] = '/project'\n"
    "subprocess.run([sys.executable, 'child.py'])",
    "without its order": "import os, subprocess, sys\ndel os.environ['RESTRIKE_TRACE']\n"
    "subprocess.run([sys.executable, 'child.py'])",
    "by a shell": "import os\nos.system('env -i /env/bin/python child.py')",
    "a copy of another name": "import os, shutil, subprocess, sys\n"
    "shutil.copy(os.path.realpath(sys.executable), '/tmp/tool')\n"
    "subprocess.run(['/tmp/tool', '-I', 'child.py'])",
    "observers taken away": "import sys\n"
    "sys.meta_path[:] = [finder for finder in sys.meta_path if 'restrike' not in type(finder).__module__]",
    "observers cleared in a child": "import subprocess, sys\n"
    "subprocess.run([sys.executable, '-c', 'import sys; sys.meta_path.clear()'])",
    "a source read by another program": "import subprocess\nsubprocess.run(['grep', 'X', 'helper.py'])",
    "reports taken away": "import os, subprocess, sys\nos.unlink('/outputs/.observed/events')\n"
    "subprocess.run([sys.executable, 'child.py'])",
}


@pytest.mark.parametrize("kind", UNSEEN)
def test_a_process_that_does_not_tell_is_noticed(project: Any, kind: str) -> None:
    trace = traced(project.call(UNSEEN[kind] + "\nreturn 1"))
    assert trace["incomplete"]
    assert len(trace["incomplete"]) > 20


def test_a_python_of_another_environment_is_noticed(project: Any, tmp_path: Path) -> None:
    body = """
    import os, subprocess, sys
    os.mkdir("/tmp/other"), os.mkdir("/tmp/other/bin")
    os.symlink(os.path.realpath(sys.executable), "/tmp/other/bin/python")
    open("/tmp/other/pyvenv.cfg", "w").write(f"home = {os.path.dirname(os.path.realpath(sys.executable))}\\n")
    subprocess.run(["/tmp/other/bin/python", "child.py"], check=True)
    return 1
    """
    assert "another environment" in traced(project.call(body))["incomplete"]


class TestOtherPrograms:
    def test_a_program_of_the_system_is_a_library_like_others(self, bench: Any) -> None:
        bench.write("b.txt", "b\n")
        trace = traced(bench.call("import subprocess\nsubprocess.run(['/usr/bin/sort', 'b.txt'])\nreturn 1"))
        assert trace["libraries"] == ["/usr/bin/sort"]
        assert trace["incomplete"] is None

    def test_programs_that_were_looked_for(self, bench: Any) -> None:
        outcome = bench.call("import subprocess\nsubprocess.run(['sort', '/dev/null'])\nreturn 1")
        executed = {(item.path, item.found) for item in outcome.lookups if item.kind == "exec"}
        assert {("/env/bin/sort", False), ("/usr/bin/sort", True)} <= executed
        assert traced(outcome)["incomplete"] is None

    @pytest.mark.skipif(
        Path(sys.prefix).is_relative_to("/tmp"),
        reason="a step has a /tmp of its own, so a script that names its Python there does not start",
    )
    def test_a_script_of_the_environment_is_a_python(self, bench: Any) -> None:
        outcome = bench.call("import subprocess\nsubprocess.run(['py.test', '--version'])\nreturn 1")
        assert ("/env/bin/py.test", "exec") in {(item.path, item.kind) for item in outcome.lookups if item.found}
        trace = traced(outcome)
        assert (trace["pythons"], trace["incomplete"]) == (1, None)

    def test_what_it_reads_is_among_the_look_ups(self, bench: Any) -> None:
        bench.write("b.txt", "b\n")
        outcome = bench.command("sh", "-c", "sort b.txt > /outputs/sorted; test -e nothing")
        outcome = bench.command("sh", "-c", "sort b.txt; test -e nothing || true")
        found = {(item.path, item.found, item.kind) for item in outcome.lookups}
        assert ("/project/b.txt", True, "open") in found
        assert ("/project/nothing", False, "stat") in found
        assert traced(outcome)["incomplete"] is None


def test_the_reports_are_no_output(bench: Any) -> None:
    bench.call("import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'pass'])\nreturn 1")
    assert os.listdir(bench.outputs) == ["output"]
    bench.command("python", "-c", "pass")
    assert os.listdir(bench.outputs) == []


def test_a_program_finds_its_modules_as_they_would_be(bench: Any) -> None:
    bench.write("sitecustomize.py", "import os\nos.environ['CUSTOMISED'] = '1'\n")
    code = "import os, sys; print(os.environ.get('CUSTOMISED'), 'restrike' in sys.modules, *sys.path[:2], sep='|')"
    body = f"import subprocess, sys\nreturn subprocess.check_output([sys.executable, '-c', {code!r}]).decode()"
    assert bench.value(bench.call(body)).strip() == "1|False||/project"


def test_observing_a_program_takes_little_time(bench: Any) -> None:
    body = """
    import os, resource, subprocess, sys
    def spent(*words):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        for _ in range(10):
            subprocess.run([sys.executable, *words, "-c", "pass"])
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 100
    return min(spent() - spent("-I") for _ in range(3))
    """
    assert bench.value(bench.call(body, timeout=60)) < 15  # milliseconds; 5 on a quiet machine
