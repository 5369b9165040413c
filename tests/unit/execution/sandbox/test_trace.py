"""What a step was seen to use: each part of the trace, planted, with an innocent twin that must leave none of it."""

from __future__ import annotations

import sys
from typing import Any

import pytest

KEYS = {
    *("modules", "handed", "installed", "absent", "listed", "source", "metadata", "libraries", "readings", "opened"),
    *("variables", "temporary", "pythons", "incomplete"),
}
NOTHING: dict[str, Any] = {"readings": [], "variables": [], "listed": [], "source": [], "handed": [], "metadata": []}


def traced(outcome: Any) -> dict[str, Any]:
    assert outcome.state == "ok", outcome.result
    return dict(outcome.result["trace"])


def told(trace: dict[str, Any], part: str) -> list[tuple[Any, ...]]:
    """Return readings, openings or variables in short."""
    first = {"readings": "what", "opened": "path", "variables": "name"}[part]
    return [(item[first], f"{item['file']}:{item['line']}") for item in trace[part]]


def test_a_step_that_does_nothing_leaves_its_module_and_nothing_else(bench: Any) -> None:
    trace = traced(bench.call("return 1"))
    assert set(trace) == KEYS
    assert trace["modules"] == ["module0.py"]
    assert trace | NOTHING == trace
    assert (trace["pythons"], trace["incomplete"]) == (0, None)
    assert [trace[part] for part in ("opened", "temporary", "libraries", "absent")] == [[], [], [], []]


def test_a_step_that_fails_is_traced_too(bench: Any) -> None:
    outcome = bench.call("import time\ntime.time()\nraise ValueError('no')")
    assert outcome.state == "failed"
    assert told(outcome.result["trace"], "readings") == [("time.time()", "module0.py:3")]


class TestModules:
    def test_modules_of_the_project_and_packages(self, bench: Any) -> None:
        bench.write("pkg/__init__.py", "")
        bench.write("pkg/used.py", "X = 1\n")
        bench.write("pkg/unused.py", "X = 1\n")
        trace = traced(bench.call("import pkg.used, json, numpy\nreturn 1"))
        assert trace["modules"] == ["module0.py", "pkg/__init__.py", "pkg/used.py"]
        assert "numpy" in trace["installed"]
        assert "pandas" not in trace["installed"]

    def test_a_module_that_is_taken_away_again_was_used_all_the_same(self, bench: Any) -> None:
        bench.write("helper.py", "X = 1\n")
        trace = traced(bench.call("import sys, helper\ndel sys.modules['helper']\nreturn helper.X"))
        assert "helper.py" in trace["modules"]

    def test_what_a_preloaded_zygote_has_imported_counts_for_its_steps(self, make: Any) -> None:
        trace = traced(make(preload=("numpy",)).call("return 1"))
        assert "numpy" in trace["installed"]
        assert "pandas" not in trace["installed"]

    def test_modules_that_were_not_there(self, bench: Any) -> None:
        bench.write("pkg/__init__.py", "")
        body = """
        import json
        for name in ("cupy", "pkg.optional", "json"):
            try:
                __import__(name)
            except ImportError:
                pass
        return 1
        """
        assert traced(bench.call(body))["absent"] == ["cupy", "pkg.optional"]

    def test_modules_handed_out_by_name_to_others(self, bench: Any) -> None:
        bench.write("plug.py", "def act(): return 1\n")
        bench.write("plain.py", "def act(): return 1\n")
        body = """
        import plain, pydoc, pickle
        pydoc.locate("pl" + "ug.act")
        return plain.act()
        """
        assert traced(bench.call(body))["handed"] == ["plug"]
        own = "import importlib, plain, plug\nimportlib.import_module('plain')\nreturn 1"
        assert traced(bench.call(own))["handed"] == []

    def test_metadata_by_name_and_by_list(self, bench: Any) -> None:
        by_name = "from importlib import metadata\nmetadata.version('pytest')\nreturn 1"
        trace = traced(bench.call(by_name))
        assert trace["metadata"] == ["pytest"]
        assert trace["listed"] == []
        every = "from importlib import metadata\nreturn len(list(metadata.distributions()))"
        assert traced(bench.call(every))["metadata"] == "all"
        groups = "from importlib.metadata import entry_points\nreturn len(entry_points(group='pytest11'))"
        assert traced(bench.call(groups))["metadata"] == ["entry points"]

    def test_libraries_of_the_machine(self, bench: Any) -> None:
        trace = traced(bench.call("import sqlite3\nreturn 1"))
        assert [path for path in trace["libraries"] if "sqlite" in path] or "sqlite" in sys.prefix
        assert traced(bench.call("import math\nreturn 1"))["libraries"] == []


class TestFiles:
    def test_folders_that_are_listed(self, bench: Any) -> None:
        bench.write("plugins/a.txt", "")
        for body in (
            "import os\nreturn os.listdir('plugins')",
            "import pathlib\nreturn len(list(pathlib.Path('plugins').glob('*')))",
            "import os\nreturn [d[2] for d in os.walk('plugins')]",
            "import pkgutil\nreturn [m.name for m in pkgutil.iter_modules(['plugins'])]",
            "import os\nd = os.open('plugins', os.O_RDONLY)\nreturn os.listdir(d)",
        ):
            assert traced(bench.call(body))["listed"] == ["plugins"], body
        assert traced(bench.call("import os\nreturn os.path.isdir('plugins')"))["listed"] == []

    def test_folders_that_native_code_lists(self, bench: Any) -> None:
        bench.write("pkg/__init__.py", "")
        bench.write("pkg/a.py", "")
        native = "import ctypes, pkg.a\nctypes.CDLL(None).opendir(b'{}')\nreturn 1"
        assert traced(bench.call(native.format(".")))["listed"] == ["."]
        assert traced(bench.call(native.format("/project/pkg")))["listed"] == ["pkg"]
        command = bench.command("sh", "-c", "python -c 'import pkg.a'; ls pkg > /dev/null")
        assert "pkg" in traced(command)["listed"]

    def test_searching_for_modules_lists_nothing(self, bench: Any) -> None:
        bench.write("pkg/__init__.py", "")
        bench.write("pkg/a.py", "")
        body = """
        import importlib, subprocess, sys
        for name in ("absent", "pkg.absent", "pkg.a"):
            try:
                importlib.import_module(name)
            except ImportError:
                pass
        open("made.py", "w").write("X = 1")
        importlib.invalidate_caches()
        import made
        subprocess.run([sys.executable, "-c", "import pkg.a, made"], check=True)
        return 1
        """
        assert traced(bench.call(body))["listed"] == []
        assert traced(bench.command("python", "-c", "import pkg.a"))["listed"] == []

    @pytest.mark.parametrize(
        "body",
        [
            "import ctypes\nc = ctypes.CDLL(None)\nc.opendir.restype = ctypes.c_void_p\nc.opendir(b'FOLDER')\nreturn 1",
            "import polars\nreturn len(polars.scan_csv('FOLDER/*.csv').collect())",
            "import subprocess\nsubprocess.run(['sh', '-c', 'echo FOLDER/*.csv'], check=True)\nreturn 1",
            "import subprocess, sys\nsubprocess.run([sys.executable, '-c', "
            "'import polars; polars.scan_csv(\"FOLDER/*.csv\").collect()'], check=True)\nreturn 1",
        ],
        ids=["the C library", "polars", "a shell", "polars in a child"],
    )
    @pytest.mark.parametrize("folder", ["parts", "."])
    def test_folders_that_others_than_python_list(self, bench: Any, body: str, folder: str) -> None:
        if "polars" in body:
            pytest.importorskip("polars")
        bench.write("parts/a.csv", "a\n1\n")
        bench.write("a.csv", "a\n1\n")
        assert traced(bench.call(body.replace("FOLDER", folder)))["listed"] == [folder]

    def test_a_folder_that_is_imported_from_is_not_listed(self, bench: Any) -> None:
        bench.write("pkg/__init__.py", "")
        bench.write("pkg/inner/__init__.py", "")
        bench.write("pkg/inner/part.py", "")
        code = "import pkg.inner.part, pkg, json, subprocess, sys"
        body = f"{code}\nsubprocess.run([sys.executable, '-c', {code!r}], check=True)\n"
        body += "import multiprocessing as m\nwith m.get_context('spawn').Pool(1) as p:\n    p.map(abs, [1])\nreturn 1"
        assert traced(bench.call(body))["listed"] == []
        assert traced(bench.command("python", "-m", "pkg.inner.part"))["listed"] == []

    def test_folders_are_listed_in_order(self, bench: Any) -> None:
        for name in "hbxqa":
            bench.write(f"folder/{name}", "")
        body = """
        import os, pathlib, subprocess, sys
        with os.scandir("folder") as entries:
            scanned = [entry.name for entry in entries]
        child = subprocess.run([sys.executable, "-c", "import os; print(*os.listdir('folder'))"], capture_output=True)
        return [os.listdir("folder"), scanned, [p.name for p in pathlib.Path("folder").iterdir()],
                child.stdout.decode().split()]
        """
        assert bench.value(bench.call(body)) == [list("abhqx")] * 4

    def test_sources_that_are_read_as_text(self, bench: Any) -> None:
        bench.write("model.py", "def fit(): return 1\n")
        for body in (
            "import inspect, model\nreturn inspect.getsource(model.fit)",
            "return open('model.py').read()",
            "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'open(\"model.py\")'])\nreturn 1",
        ):
            assert traced(bench.call(body))["source"] == ["model.py"], body

    def test_a_source_that_compiled_code_reads(self, bench: Any) -> None:
        bench.write("table.py", "a = 1\n")
        body = "import ctypes\nassert ctypes.CDLL(None).fopen(b'table.py', b'r')\nreturn 1"
        assert traced(bench.call(body))["source"] == ["table.py"]

    def test_sources_that_are_executed_or_shown_are_not_read(self, bench: Any) -> None:
        bench.write("model.py", "def fit(): return 1\n")
        body = "import model, runpy, warnings\nrunpy.run_path('model.py')\nwarnings.warn('so')\nreturn 1"
        assert traced(bench.call(body))["source"] == []

    def test_the_line_that_opened_a_file(self, bench: Any) -> None:
        bench.write("data.csv", "a,b\n1,2\n")
        body = """
        import csv, os, tempfile
        rows = list(csv.reader(open("data.csv")))
        try:
            open("/nowhere/x")
        except OSError:
            pass
        open("/usr/bin/env", "rb").close(), open("/tmp/own", "w").close()
        return rows
        """
        trace = traced(bench.call(body))
        assert told(trace, "opened") == [("/project/data.csv", "module0.py:4"), ("/nowhere/x", "module0.py:6")]

    def test_a_file_that_a_library_opens_is_told_by_the_users_own_line(self, bench: Any) -> None:
        pytest.importorskip("pandas")
        bench.write("data.csv", "a,b\n1,2\n")
        trace = traced(bench.call("import pandas\n\nreturn len(pandas.read_csv('data.csv'))"))
        assert told(trace, "opened") == [("/project/data.csv", "module0.py:4")]

    def test_names_of_temporary_files(self, bench: Any) -> None:
        trace = traced(bench.call("import tempfile\nreturn tempfile.mkdtemp()"))
        assert len(trace["temporary"]) == 1
        assert trace["temporary"][0].startswith("/tmp/tmp")
        assert trace["readings"] == []
        assert traced(bench.call("open('/tmp/named', 'w').close()\nreturn 1"))["temporary"] == []


READINGS = {
    "import os; os.urandom(4)": ("entropy", "randomness of the machine"),
    "import uuid; uuid.uuid4()": ("entropy", "randomness of the machine"),
    "import uuid; uuid.uuid1()": ("entropy", "uuid.uuid1()"),
    "import secrets; secrets.token_hex(4)": ("entropy", "randomness of the machine"),
    "import random; random.Random()": ("entropy", "a generator without a seed"),
    "import random; random.SystemRandom().random()": ("entropy", "randomness of the machine"),
    "open('/dev/urandom', 'rb').read(4)": ("entropy", "/dev/urandom"),
    "import numpy; numpy.random.default_rng()": ("entropy", "randomness of the machine"),
    "import numpy; numpy.random.RandomState()": ("entropy", "randomness of the machine"),
    "import time; time.time()": ("clock", "time.time()"),
    "import time; time.time_ns()": ("clock", "time.time_ns()"),
    "import time; time.localtime()": ("clock", "time.localtime()"),
    "import time; time.strftime('%Y')": ("clock", "time.strftime()"),
    "import time; time.ctime()": ("clock", "time.ctime()"),
    "import time; time.clock_gettime(time.CLOCK_REALTIME)": ("clock", "time.clock_gettime()"),
    "import datetime; datetime.datetime.now()": ("clock", "datetime.now()"),
    "import datetime; datetime.datetime.utcnow()": ("clock", "datetime.utcnow()"),
    "import datetime; datetime.date.today()": ("clock", "time.time()"),
    "import datetime; datetime.datetime.today()": ("clock", "time.time()"),
    "import gzip; gzip.open('/tmp/x', 'wb').write(b'a')": ("clock", "time.time()"),
    "import pandas; pandas.Timestamp.now()": ("clock", "datetime.now()"),
    "import time; time.perf_counter()": ("timer", "time.perf_counter()"),
    "import time; time.monotonic()": ("timer", "time.monotonic()"),
    "import time; time.clock_gettime(time.CLOCK_MONOTONIC)": ("timer", "time.clock_gettime()"),
    "import os; os.cpu_count()": ("cores", "os.cpu_count()"),
    "import multiprocessing; multiprocessing.cpu_count()": ("cores", "os.cpu_count()"),
    "import os; os.sched_getaffinity(0)": ("cores", "os.sched_getaffinity()"),
    "import socket; socket.gethostname()": ("machine", "socket.gethostname()"),
    "import platform; platform.node()": ("machine", "os.uname()"),
    "import getpass; getpass.getuser()": ("machine", "getpass.getuser()"),
    "import pwd; pwd.getpwuid(0)": ("machine", "pwd.getpwuid()"),
    "open('/proc/cpuinfo').close()": ("machine", "/proc/cpuinfo"),
}
INNOCENT = [
    "import random; random.Random(3).random()",
    "import random; random.random()",
    "import numpy; numpy.random.default_rng(3).random()",
    "import numpy; numpy.random.rand()",
    "import uuid; uuid.uuid5(uuid.NAMESPACE_DNS, 'a')",
    "import time; time.localtime(0), time.gmtime(0), time.strftime('%Y', time.gmtime(0)), time.sleep(0)",
    "import datetime; datetime.datetime.fromtimestamp(0), datetime.date(2020, 1, 1)",
    "import logging; logging.warning('so')",
    "import logging; logging.Formatter('%(asctime)s').format(logging.makeLogRecord({'msg': 'a'}))",
    "import tempfile; tempfile.TemporaryFile()",
    "import threading; t = threading.Thread(target=print); t.start(); t.join(1)",
    "import queue; queue.Queue().put(1, timeout=1)",
    "import subprocess; subprocess.run(['/bin/true'], timeout=5)",
    "import concurrent.futures as c; c.ThreadPoolExecutor(2).submit(abs, 1).result(5)",
    "import asyncio; asyncio.run(asyncio.sleep(0))",
    "import multiprocessing as m; p = m.get_context('fork').Pool(1); p.map(abs, [1]); p.terminate(); p.join()",
    "import json, csv, decimal, pathlib, re, argparse",
    "import numpy, pandas",
    "import os; os.getpid(), os.getcwd(), os.stat('.')",
]


@pytest.mark.parametrize("line", READINGS)
def test_a_reading_is_told_with_its_kind_and_line(bench: Any, line: str) -> None:
    for name in ("numpy", "pandas"):
        if f"import {name}" in line:
            pytest.importorskip(name)
    trace = traced(bench.call(f"{line}\nreturn 1"))
    found = [(item["kind"], item["what"], item["file"], item["line"], item["function"]) for item in trace["readings"]]
    assert (*READINGS[line], "module0.py", 2, "f") in found
    assert {item[0] for item in found} == {READINGS[line][0]}
    assert trace["readings"][0]["text"] == line


@pytest.mark.parametrize("line", INNOCENT)
def test_what_only_looks_like_a_reading_is_none(bench: Any, line: str) -> None:
    for name in ("numpy", "pandas"):
        if f"import {name}" in line:
            pytest.importorskip(name)
    assert traced(bench.call(f"{line}\nreturn 1"))["readings"] == []


def test_a_library_that_reads_the_clock_is_nobodys_leak(bench: Any) -> None:
    pytest.importorskip("joblib")
    body = "import joblib\nm = joblib.Memory('/tmp/cache', verbose=0)\nreturn m.cache(abs)(-1)"
    assert traced(bench.call(body))["readings"] == []


def test_readings_at_one_place_are_counted(bench: Any) -> None:
    body = "import time\nfor _ in range(7):\n    time.time()\nreturn 1"
    (reading,) = traced(bench.call(body))["readings"]
    assert reading["times"] == 7


class TestVariables:
    def test_variables_that_are_read(self, bench: Any) -> None:
        body = """
        import os
        os.environ.get("ONE"), os.getenv("TWO"), "THREE" in os.environ
        os.environ["HOME"]
        return 1
        """
        trace = traced(bench.call(body))
        assert told(trace, "variables") == [
            *((name, "module0.py:4") for name in ("ONE", "TWO", "THREE")),
            ("HOME", "module0.py:5"),
        ]
        assert [item["set"] for item in trace["variables"]] == [False, False, False, True]

    def test_variables_that_nobody_asked_for(self, bench: Any) -> None:
        body = """
        import argparse, os, subprocess, tempfile
        copied = {**os.environ, "X": "1"}, dict(os.environ), os.environ.copy(), list(os.environ.items())
        subprocess.run(["/bin/true"], env=copied[0])
        argparse.ArgumentParser().format_help(), tempfile.gettempdir(), os.path.expanduser("~")
        os.environ["SET"] = "1"
        del os.environ["SET"]
        return 1
        """
        assert traced(bench.call(body))["variables"] == []


class TestStandIns:
    """What is watched stays what it was, for whoever uses it."""

    def test_clocks_do_not_bind_as_methods_and_pickle_by_name(self, bench: Any) -> None:
        body = """
        import copy, pickle, time, os
        class T:
            clock = time.perf_counter
            walk = staticmethod(os.listdir)
            wall = time.time
        assert T().clock() > 0 and T().wall() > 0 and T().walk("/") and T.clock() > 0
        assert pickle.loads(pickle.dumps(time.time)) is time.time
        assert copy.deepcopy(time.monotonic) is time.monotonic
        return [pickle.dumps(time.time).decode("latin1"), repr(time.time), time.time.__name__]
        """
        pickled, shown, name = bench.value(bench.call(body))
        assert "time" in pickled
        assert "restrike" not in pickled
        assert (shown, name) == ("<built-in function time>", "time")

    def test_dates_keep_their_types_and_values(self, bench: Any) -> None:
        body = """
        import datetime as d, pickle, time
        class Sub(d.datetime):
            pass
        assert type(d.datetime.now()) is d.datetime and type(Sub.now()) is Sub
        assert d.datetime.now(d.timezone.utc).tzinfo is d.timezone.utc
        assert abs(d.datetime.now(d.timezone.utc).timestamp() - time.time()) < 5
        assert abs((d.datetime.utcnow() - d.datetime(1970, 1, 1)).total_seconds() - time.time()) < 5
        assert pickle.loads(pickle.dumps(d.datetime.now))() <= d.datetime.now()
        return 1
        """
        assert bench.value(bench.call(body)) == 1

    def test_the_environment_is_a_mapping_as_ever(self, bench: Any) -> None:
        body = """
        import copy, os, traceback
        assert type(os.environ).__name__ == "_Environ" and type(os.environ) is os._Environ
        assert {**os.environ} == dict(os.environ) == os.environ.copy() == dict(os.environ.items())
        assert "NOT" not in os.environ and os.environ.get("NOT", 3) == 3 and len(os.environ) == len(list(os.environ))
        assert os.environb[b"HOME"] == os.environ["HOME"].encode()
        try:
            os.environ["NOT"]
        except KeyError as error:
            return traceback.format_exc()
        """
        text = bench.value(bench.call(body))
        assert text.endswith("KeyError: 'NOT'\n")
        assert "restrike" not in text

    def test_an_import_that_fails_shows_the_users_lines_alone(self, bench: Any) -> None:
        bench.write("broken.py", "import nothing_of_this_name\n")
        body = "import traceback\ntry:\n    import broken\nexcept ImportError:\n    return traceback.format_exc()"
        text = bench.value(bench.call(body))
        assert text.count("File ") == text.count('File "/project') + text.count("<frozen importlib")
        assert "restrike" not in text

    def test_a_warning_at_import_names_the_line_that_imports(self, bench: Any) -> None:
        bench.write("old.py", "import warnings\nwarnings.warn('old', stacklevel=2)\n")
        body = """
        import warnings
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            import old
        return [caught[0].filename, caught[0].lineno]
        """
        assert bench.value(bench.call(body)) == ["/project/module0.py", 6]

    def test_a_loop_that_reads_a_timer_stays_quick(self, bench: Any) -> None:
        body = """
        import time
        def spent():
            before = time.process_time()
            for _ in range(200_000):
                time.perf_counter()
            return time.process_time() - before
        return min(spent() for _ in range(3))
        """
        assert bench.value(bench.call(body)) < 0.2
