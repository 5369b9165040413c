"""What was not declared cannot be had, whoever asks and however, and the line that declares it works when pasted."""

import contextlib
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import textwrap
import threading
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
PLACES = {
    "home": ("~/at_home.csv", "outside the project"),
    "ignored": ("ignored/by_git.csv", "ignored by git"),
    "large": ("too_large.csv", "too large"),
    "undemanded": ("data/other.csv", "declared but not an input"),
}
WAYS = """
import ctypes, os, subprocess, sys
from pathlib import Path

def opened(place):
    return open(os.path.expanduser(place)).read()

def by_pathlib(place):
    return Path(place).expanduser().read_text()

def by_descriptor(place):
    return os.read(os.open(os.path.expanduser(place), os.O_RDONLY), 100).decode()

def natively(place):
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.open(os.path.expanduser(place).encode(), os.O_RDONLY)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return os.read(descriptor, 100).decode()

def by_child(place):
    command = ["cat", os.path.expanduser(place)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout

def by_child_python(place):
    program = "import sys; print(open(sys.argv[1]).read(), end='')"
    command = [sys.executable, "-c", program, os.path.expanduser(place)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout

def swallowing(place, way):
    try:
        return globals()[way](place)
    except (OSError, subprocess.CalledProcessError):
        return None
"""
NATIVE = """
import os
import pyarrow.csv, pyarrow.parquet

def csv(place):
    return pyarrow.csv.read_csv(os.path.expanduser(place)).num_rows

def parquet(place):
    return pyarrow.parquet.read_table(os.path.expanduser(place)).num_rows

def dataframe(place):
    import pandas
    return len(pandas.read_csv(os.path.expanduser(place)))
"""
ALL_WAYS = ("opened", "by_pathlib", "by_descriptor", "natively", "by_child", "by_child_python")


def document(user):
    return yaml.safe_load((user.project / "restrike.yaml").read_text())


def write(user, content):
    (user.project / "restrike.yaml").write_text(yaml.safe_dump(content, sort_keys=False))


def merged(ours, theirs):
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return {**ours, **{key: merged(ours.get(key), value) for key, value in theirs.items()}}
    return [*ours, *theirs] if isinstance(ours, list) and isinstance(theirs, list) else theirs


def paste(user, hint):
    """Put what a hint says where it says."""
    write(user, merged(document(user), yaml.safe_load(hint)))


@pytest.fixture
def hoarder(user):
    """Return somebody with files at every place that a seal keeps from a step."""
    home = user.project.parent / "home"
    (home / "at_home.csv").write_text("home")
    user.writes(
        {
            "steps.py": WAYS,
            ".gitignore": "ignored/\n",
            "ignored/by_git.csv": "ignored",
            "too_large.csv": "large" * 3000,
            "data/other.csv": "undemanded",
        }
    )
    write(user, {"restrike": 1, "snapshot": {"max_file_mb": 0.01}, "data": {"other": "data/other.csv"}, "steps": {}})
    user.git("init", "-q")
    return user


def with_step(user, name, **step):
    content = document(user)
    content["steps"][name] = step
    write(user, content)


def test_who_swallows_the_refusal_still_has_findings_and_their_lines_work(hoarder):
    for way in ALL_WAYS:
        for place, (path, _) in PLACES.items():
            with_step(hoarder, f"{way}_{place}", use="steps:swallowing", params={"place": path, "way": way})
    run = hoarder.run("--set", "seal=warn")
    assert run["status"] == "finished"
    assert len(run["seal"]["gaps"]) == 1
    found = {finding["step"]: finding for finding in run["findings"]}
    assert len(run["findings"]) == len(found) == len(ALL_WAYS) * len(PLACES)
    for way in ALL_WAYS:
        for place, (path, kind) in PLACES.items():
            finding = found[f"{way}_{place}"]
            assert (finding["kind"], finding["subject"], finding["severity"]) == (kind, path, "undeclared")
    again = hoarder.run("--set", "seal=warn")
    assert {step["state"] for step in again["steps"]} == {"executed"}, "a step with findings must not be reused"

    screen = hoarder.types("show", "@last").out
    for finding in run["findings"]:
        for line in finding["hint"].splitlines():
            assert line in screen
        paste(hoarder, finding["hint"])
    sealed = hoarder.run()
    assert sealed["findings"] == []
    for step in sealed["steps"]:
        way, _, place = step["name"].rpartition("_")
        folder = hoarder.project if place != "home" else hoarder.project.parent / "home"
        content = (folder / PLACES[place][0].removeprefix("~/")).read_bytes()
        read = content[:100] if way in ("by_descriptor", "natively") else content
        assert step["outputs"]["output"]["digest"] == hashlib.sha256(read).hexdigest()
    assert {step["state"] for step in hoarder.run()["steps"]} == {"reused"}
    assert hoarder.reproduce()["verdict"] == "identical"


@pytest.mark.parametrize("place", PLACES)
def test_a_strict_seal_refuses_who_swallows_the_refusal_and_shows_the_lines_to_paste(hoarder, place):
    path, kind = PLACES[place]
    with_step(hoarder, "read", use="steps:swallowing", params={"place": path, "way": "opened"})
    with_step(hoarder, "after", use="steps:swallowing", params={"place": "steps.py", "way": "opened"}, inputs={})
    told = hoarder.types("run", status=1)
    run = hoarder.types("--json", "show", "@last").json
    (finding,) = run["findings"]
    states = {step["name"]: step for step in run["steps"]}
    assert (states["read"]["state"], states["read"]["outputs"], run["result"]) == ("failed", {}, None)
    error = states["read"]["error"]
    assert (error["type"], error["hint"], finding["kind"]) == ("Undeclared", finding["hint"], kind)
    assert finding["where"] in error["message"]
    near = told.out[told.out.index("failed in step 'read'") :]
    assert all(near.count(line) == 1 for line in finding["hint"].splitlines() if place in line)
    assert hoarder.reproduce()["verdict"] == "identical"

    paste(hoarder, finding["hint"])
    mended = hoarder.run()
    assert (mended["status"], mended["findings"], mended["seal"]["gaps"]) == ("finished", [], [])


def test_the_seals_mode_is_no_part_of_the_recipe(hoarder):
    with_step(hoarder, "read", use="steps:swallowing", params={"place": "steps.py", "way": "opened"})
    strict, warned = hoarder.run(), hoarder.run("--set", "seal=warn")
    assert strict["recipe"] == warned["recipe"]
    assert (strict["seal"]["mode"], warned["seal"]["mode"]) == ("strict", "warn")
    assert {step["state"] for step in warned["steps"]} == {"reused"}


@pytest.mark.parametrize("place", PLACES)
def test_a_failure_shows_the_users_traceback_and_the_line_to_paste(hoarder, place):
    path, kind = PLACES[place]
    with_step(hoarder, "read", use="steps:opened", params={"place": path})
    failed = hoarder.types("run", status=1)
    line = next(number for number, text in enumerate(WAYS.split("\n"), 1) if "open(os.path.expanduser(place))" in text)
    assert f'File "{hoarder.project}/steps.py", line {line}, in opened' in failed.out
    assert "/project/" not in failed.out.replace(f"{hoarder.project}/", "")
    (finding,) = hoarder.types("--json", "show", "@last").json["findings"]
    assert finding["kind"] == kind
    told = failed.out[failed.out.index("FileNotFoundError") :]
    near = "\n".join(told.splitlines()[:12])
    assert all(line in near for line in finding["hint"].splitlines())
    paste(hoarder, finding["hint"])
    assert hoarder.run()["status"] == "finished"
    assert hoarder.reproduce()["verdict"] == "identical"


@pytest.mark.parametrize("place", PLACES)
def test_a_command_is_told_too(hoarder, place):
    path, kind = PLACES[place]
    step = {"run": f"cat {path} > got.csv", "shell": True, "outputs": {"got": "got.csv"}}
    with_step(hoarder, "read", **step)
    run = hoarder.run(status=1)
    (finding,) = run["findings"]
    assert (finding["kind"], finding["step"]) == (kind, "read")
    paste(hoarder, finding["hint"])
    assert hoarder.run()["findings"] == []


def test_a_database_that_would_open_empty_is_a_finding(hoarder):
    import sqlite3

    with contextlib.closing(sqlite3.connect(hoarder.project / "ignored" / "rows.db")) as base:
        base.execute("CREATE TABLE rows AS SELECT 42 AS x")
        base.commit()
    code = """
    import sqlite3

    def read():
        try:
            return sqlite3.connect("ignored/rows.db").execute("SELECT x FROM rows").fetchone()[0]
        except sqlite3.OperationalError:
            return None

    def own():
        base = sqlite3.connect("own.db")
        base.execute("CREATE TABLE t (x)")
        return sqlite3.connect("own.db").execute("SELECT count(*) FROM t").fetchone()[0]
    """
    hoarder.writes({"base.py": textwrap.dedent(code)})
    (hoarder.project / "ignored").mkdir(exist_ok=True)
    with_step(hoarder, "read", use="base:read")
    with_step(hoarder, "own", use="base:own")
    (finding,) = hoarder.run("--set", "seal=warn")["findings"]
    assert (finding["step"], finding["subject"], finding["where"]) == ("read", "ignored/rows.db", "base.py:6")
    paste(hoarder, finding["hint"])
    content = document(hoarder)
    write(hoarder, content)
    run = hoarder.run()
    hoarder.types("get", "@last:read", "-o", "got")
    assert (hoarder.project / "got").read_text().strip() == "42", run


@pytest.mark.parametrize("way", ["csv", "parquet", "dataframe"])
def test_native_readers_cannot_and_are_told(hoarder, ml_env, way):
    import pyarrow
    import pyarrow.csv
    import pyarrow.parquet

    hoarder.variables["VIRTUAL_ENV"] = str(ml_env)
    table = pyarrow.table({"x": [1, 2, 3]})
    pyarrow.csv.write_csv(table, hoarder.project / "ignored" / "rows.csv")
    pyarrow.parquet.write_table(table, hoarder.project / "ignored" / "rows.parquet")
    hoarder.writes({"native.py": NATIVE})
    path = f"ignored/rows.{'parquet' if way == 'parquet' else 'csv'}"
    with_step(hoarder, "read", use=f"native:{way}", params={"place": path})
    run = hoarder.run(status=1)
    (finding,) = run["findings"]
    assert (finding["kind"], finding["subject"]) == ("ignored by git", path)
    paste(hoarder, finding["hint"])
    assert hoarder.run()["findings"] == []


@pytest.mark.parametrize("use", ["uses:f", "made.helper:g"])
@pytest.mark.parametrize("made", ["made/__init__.py", "made.py"])
def test_a_module_that_git_ignores_is_code_once_included(hoarder, made, use):
    helper = "made/helper.py" if "/" in made else "made.py"
    hoarder.writes({made: "", helper: "VALUE = 1\ndef g():\n    return 1\n"})
    hoarder.writes({".gitignore": "made*\n", "uses.py": "def f():\n    import made\n    return 1\n"})
    use = use if "/" in made else use.replace(".helper", "")
    with_step(hoarder, "read", use=use)
    run = hoarder.run(status=1)
    (finding,) = run["findings"]
    assert finding["kind"] == "ignored by git"
    paste(hoarder, finding["hint"])
    assert hoarder.run()["findings"] == []
    assert hoarder.reproduce()["verdict"] == "identical"


NETWORK = """
import ctypes, socket, subprocess, sys, urllib.error, urllib.request

def connected(host, port):
    with socket.create_connection((host, port), timeout=5) as stream:
        return stream.recv(100).decode()

def requested(host, port):
    return urllib.request.urlopen(f"http://{host}:{port}/", timeout=5).read().decode()

def natively(host, port):
    command = f"exec 3<>/dev/tcp/{host}/{port}; read -r line <&3; echo $line"
    return subprocess.run(["bash", "-c", command], check=True, capture_output=True, text=True).stdout

def by_child(host, port):
    program = "import socket, sys; print(socket.create_connection((sys.argv[1], int(sys.argv[2])), 5).recv(100))"
    command = [sys.executable, "-c", program, host, str(port)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout

def named(host, port):
    return socket.getaddrinfo("restrike.invalid", port)

def swallowing(way, host, port):
    try:
        return globals()[way](host, port)
    except (OSError, subprocess.CalledProcessError, ValueError) as error:
        return type(error).__name__
"""


@contextlib.contextmanager
def server():
    """Serve a line to whoever connects, as HTTP and as text."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            while listening.fileno() >= 0:
                with contextlib.suppress(OSError), listening.accept()[0] as stream:
                    stream.sendall(b"HTTP/1.0 200 OK\r\n\r\nhello\n")
                    stream.shutdown(socket.SHUT_WR)
                    stream.recv(1000)

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]


def test_there_is_no_network_unless_it_is_granted(hoarder):
    ways = ("connected", "requested", "natively", "by_child", "named")
    hoarder.writes({"web.py": NETWORK})
    for way in ways:
        params = {"way": way, "host": "192.0.2.1", "port": 80}
        with_step(hoarder, way, use="web:swallowing", params=params)
    run = hoarder.run("--set", "seal=warn")
    assert {finding["step"] for finding in run["findings"]} == set(ways)
    assert {finding["kind"] for finding in run["findings"]} == {"network"}
    assert {step["state"] for step in hoarder.run("--set", "seal=warn")["steps"]} == {"executed"}
    for finding in run["findings"]:
        paste(hoarder, finding["hint"])
    content = document(hoarder)
    del content["steps"]["named"]
    with server() as port:
        for step in content["steps"].values():
            step["params"] |= {"host": "127.0.0.1", "port": port}
        write(hoarder, content)
        run = hoarder.run()
        assert run["findings"] == []
        for step in run["steps"]:
            hoarder.types("get", f"@last:{step['name']}", "-o", step["name"])
            got = (hoarder.project / step["name"]).read_text()
            assert "hello" in got or "HTTP/1.0 200" in got
            (hoarder.project / step["name"]).unlink()
        assert {step["state"] for step in hoarder.run()["steps"]} == {"executed"}, "who has the network is never reused"


def test_the_machines_own_services_are_out_of_reach(hoarder):
    hoarder.writes({"web.py": NETWORK})
    with server() as port:
        with_step(hoarder, "read", use="web:connected", params={"host": "127.0.0.1", "port": port})
        (step,) = hoarder.run(status=1)["steps"]
    assert step["error"]["type"] == "ConnectionRefusedError"


WRITING = """
import os, subprocess, sys
from pathlib import Path

def tried(numbers: Path, earlier):
    done = []
    own = "import os, sys; open(sys.argv[1], 'a').write('spoilt')"
    site = next(place for place in sys.path if place.endswith("site-packages"))
    places = ["data/numbers.csv", "/inputs/earlier", "/env/pyvenv.cfg", site + "/planted.py"]
    places += ["/engine/restrike/__init__.py", "/usr/lib/planted", "/etc/passwd", "/planted"]
    for place in places:
        child = [sys.executable, "-c", own, place]
        for attempt in (
            lambda: open(place, "a").write("spoilt"),
            lambda: os.remove(place),
            lambda: os.chmod(place, 0o777),
            lambda: os.rename(place, place + "2"),
            lambda: subprocess.run(child, check=True, capture_output=True),
        ):
            try:
                attempt()
                done.append(place)
            except (OSError, subprocess.CalledProcessError):
                pass
    for place in ("steps.py", "left.txt", "/tmp/left.txt", "/home/restrike/left.txt", "/dev/shm/left.txt"):
        Path(place).write_text("LEFT = True")
    return done

def first():
    return 1

def looked(after):
    import steps
    places = ("left.txt", "/tmp/left.txt", "/home/restrike/left.txt", "/dev/shm/left.txt")
    return [place for place in places if Path(place).exists()] + ["LEFT"] * hasattr(steps, "LEFT")
"""


def test_nothing_given_can_be_changed_and_nothing_left_is_found(small, bare_env):
    small.writes({"steps.py": WRITING})
    small.writes(
        {
            "restrike.yaml": """
restrike: 1
data: {numbers: data/numbers.csv}
steps:
  first: {use: "steps:first"}
  tried: {use: "steps:tried", inputs: {numbers: data.numbers, earlier: first}}
  looked: {use: "steps:looked", inputs: {after: tried}}
"""
        }
    )
    before = {path: path.stat().st_mtime_ns for path in [*bare_env.rglob("*")]}
    small.run("--no-reuse")
    for step in ("tried", "looked"):
        small.types("get", f"@last:{step}", "-o", step)
        assert (small.project / step).read_text().strip() == "[]"
        (small.project / step).unlink()
    assert (small.project / "steps.py").read_text() == WRITING
    assert not (small.project / "left.txt").exists()
    assert {path: path.stat().st_mtime_ns for path in [*bare_env.rglob("*")]} == before
    assert small.types("store", "check").status == 0


ORDINARY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
PACKAGES = f"{ROOT / 'src'}:{sysconfig.get_path('purelib')}"  # for a Python that is not the environment's own


def python_of_everybody():
    """Return a Python that an ordinary user can execute restrike with, if this machine has one."""
    code = "import restrike, pydantic, rich, subprocess, sys; subprocess.run([sys.executable, '-c', ''], check=True)"
    for python in (sys.executable, "/usr/bin/python3"):
        with contextlib.suppress(OSError):
            command = [*ORDINARY, python, "-c", code]
            if not subprocess.run(command, env={"PYTHONPATH": PACKAGES}, capture_output=True, check=False).returncode:
                return python
    return None


@pytest.fixture
def ordinary(hoarder):
    """Return the hoarder as an ordinary user, with home, environment and project in a folder that user owns."""
    if os.getuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("takes root to become an ordinary user")
    if (python := python_of_everybody()) is None:
        pytest.skip("no Python here that an ordinary user can execute")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("project", "home"):
            shutil.copytree(hoarder.project.parent / part, folder / part)
        subprocess.run([BIN / "uv", "venv", "-q", "--python", python, folder / "env"], check=True)
        subprocess.run(["chown", "-R", "65534:65534", folder], check=True)
        own = {"HOME": "home", "VIRTUAL_ENV": "env", "RESTRIKE_CACHE": "cache", "UV_CACHE_DIR": "uv"}
        own = {variable: str(folder / part) for variable, part in own.items()}
        hoarder.variables |= {**own, "PYTHONPATH": PACKAGES}
        hoarder.project = folder / "project"

        def run(*words):
            command = [*ORDINARY, python, "-m", "restrike", "--json", *words]
            how = {"cwd": hoarder.project, "env": hoarder.variables, "capture_output": True, "text": True}
            return json.loads(subprocess.run(command, **how, check=False).stdout)

        yield hoarder, run


@pytest.mark.slow
def test_an_ordinary_user_is_sealed_as_well(ordinary):
    user, run = ordinary
    with_step(user, "read", use="steps:opened", params={"place": "~/at_home.csv"})
    failed = run("run")
    assert "seal" in failed, failed
    if failed["seal"]["isolation"].startswith("reduced"):
        pytest.skip(f"this machine forbids user namespaces: {failed['seal']['isolation']}")
    (finding,) = failed["findings"]
    assert finding["subject"] == "~/at_home.csv"
    paste(user, finding["hint"])
    assert run("run")["findings"] == []
    assert run("reproduce", "@last")["verdict"] == "identical"
