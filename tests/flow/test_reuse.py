"""What an edit executes again, and that the result is the one that executing everything gives."""

import base64
import contextlib
import dataclasses
import hashlib
import shutil
import sqlite3
import subprocess
import zipfile

import pytest

CONFIG = """
restrike: 1
name: reuse
data: {numbers: data/numbers.csv}
steps:
  double: {use: "steps:double", inputs: {numbers: data.numbers}}
  total: {use: "steps:total", inputs: {doubled: double}, params: {offset: 1}}
  priced: {use: "prices:priced"}
  plugged: {use: "plugs:plugged"}
  fast: {use: "optional:fast"}
  looked: {use: "native:looked"}
  script: {run: [python, script.py], outputs: {made: made.txt}}
"""

FILES = {
    "steps.py": """
from pathlib import Path

import helper

FACTOR = 2

def scale(value):
    return helper.deep.times(value, FACTOR)

def double(numbers: Path):
    return [scale(int(line)) for line in numbers.read_text().split()]

def total(doubled, offset):
    return sum(doubled) + offset
""",
    "helper/__init__.py": "from helper import deep\n",
    "helper/deep.py": "UNIT = 1\n\ndef times(value, factor):\n    return value * factor * UNIT\n",
    "prices.py": 'def priced():\n    return [float(line) for line in open("tables/rates.csv")]\n',
    "tables/rates.csv": "1.5\n2.5\n",
    "plugs.py": """
import importlib
import os

def plugged():
    names = [name[:-3] for name in sorted(os.listdir("plugins")) if name.endswith(".py")]
    return [importlib.import_module(f"plugins.{name}").VALUE for name in names]
""",
    "plugins/one.py": "VALUE = 1\n",
    "optional.py": """
try:
    import quick
except ImportError:
    quick = None

def fast():
    return quick.SPEED if quick else 0
""",
    "native.py": """
import sqlite3

def looked():
    try:
        return sqlite3.connect("file:known.db?mode=ro", uri=True).execute("SELECT x FROM t").fetchone()[0]
    except sqlite3.OperationalError:
        return -1
""",
    "script.py": 'import scripted\n\nopen("made.txt", "w").write(str(scripted.SIZE))\n',
    "scripted.py": "SIZE = 3\n",
    "notes/read.me": "nothing reads this\n",
}

# name -> the files that it writes (None: deletes), and the steps that it executes again
EDITS = {
    "nothing that counts": (
        {
            "steps.py": "# said\n" + FILES["steps.py"],
            "helper/deep.py": FILES["helper/deep.py"].replace("value, factor", "value,factor"),
            "prices.py": FILES["prices.py"] + "\ndef spare():\n    return 1\n",
            "notes/read.me": "other\n",
            "notes/more.txt": "more\n",
        },
        "",
    ),
    "the body of a step": (
        {"steps.py": FILES["steps.py"].replace("sum(doubled) + offset", "sum(doubled) - offset")},
        "total",
    ),
    "a neighbour function": (
        {"steps.py": FILES["steps.py"].replace("(value, FACTOR)", "(value + 1, FACTOR)")},
        "double total",
    ),
    "a constant": ({"steps.py": FILES["steps.py"].replace("FACTOR = 2", "FACTOR = 3")}, "double total"),
    "an equal constant": ({"steps.py": FILES["steps.py"].replace("FACTOR = 2", "FACTOR = 1 + 1")}, "double"),
    "a constant two modules away": (
        {"helper/deep.py": FILES["helper/deep.py"].replace("UNIT = 1", "UNIT = 5")},
        "double total",
    ),
    "data": ({"data/numbers.csv": "4\n5\n"}, "double total"),
    "a data file of the snapshot": ({"tables/rates.csv": "9.5\n"}, "priced"),
    "a new plug-in": ({"plugins/two.py": "VALUE = 2\n"}, "plugged"),
    "a plug-in": ({"plugins/one.py": "VALUE = 7\n"}, "plugged"),
    "a module that was looked for": ({"quick.py": "SPEED = 9\n"}, "fast"),
    "a module that a script imports": ({"scripted.py": "SIZE = 4\n"}, "script"),
    "a script": ({"script.py": FILES["script.py"].replace("SIZE", "SIZE + 1")}, "script"),
    "a module that comes before Python's own": (
        {"sqlite3.py": 'raise ImportError("not this one")\n'},
        None,  # whatever: the result decides
    ),
}


def executed(document):
    return {step["name"] for step in document["steps"] if step["state"] == "executed"}


@pytest.fixture(scope="module")
def warm(lasting_user):
    """Return somebody in a project whose steps have been executed once."""
    lasting_user.writes({"restrike.yaml": CONFIG, "data/numbers.csv": "1\n2\n3\n", **FILES})
    lasting_user.git("init", "-q", "-b", "main")
    lasting_user.git("add", "-A")
    lasting_user.git("commit", "-q", "-m", "first")
    assert len(executed(lasting_user.run())) == 7
    return lasting_user


@pytest.fixture
def edited(warm):
    """Return a function that edits the project; afterwards it is as it was."""
    yield warm.writes
    warm.git("checkout", "-q", ".")
    warm.git("clean", "-fdq", "-e", ".restrike")


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_executes_what_it_changes_and_no_more(warm, edited, name):
    files, expected = EDITS[name]
    edited(files)
    reused = warm.run(status=None)
    if expected is not None:
        assert executed(reused) == set(expected.split())
    again = warm.run("--no-reuse", status=None)
    assert (reused["status"], reused["result"]) == (again["status"], again["result"])


def test_a_database_that_native_code_looked_for_is_seen_when_it_appears(warm, edited):
    edited({})
    with contextlib.closing(sqlite3.connect(warm.project / "known.db")) as database:
        database.executescript("CREATE TABLE t(x); INSERT INTO t VALUES (5)")
    reused = warm.run()
    assert executed(reused) == {"looked"}
    assert warm.run("--no-reuse")["result"] == reused["result"]
    why = warm.types("why", "looked", "@last~1").out
    assert "'known.db' is new" in why


def test_a_branch_there_and_back_execute_nothing_anew(warm, edited):
    edited({})
    warm.git("checkout", "-q", "-b", "other")
    warm.writes({"tables/rates.csv": "3.5\n"})
    warm.git("commit", "-q", "-a", "-m", "other rates")
    there = warm.run()
    assert executed(there) == {"priced"}
    warm.git("checkout", "-q", "main")
    assert executed(warm.run()) == set()
    warm.git("checkout", "-q", "other")
    back = warm.run()
    assert executed(back) == set()
    assert back["result"] == there["result"]
    warm.git("checkout", "-q", "main")


def test_why_tells_the_definition_and_its_lines(warm, edited):
    edited({"steps.py": FILES["steps.py"].replace("FACTOR = 2", "FACTOR = 17")})
    warm.run()
    told = warm.types("--json", "why", "double").json["steps"][0]
    assert (told["because"], told["state"]) == ("changed", "executed")
    (change,) = told["changes"]
    assert change["text"] == "steps.py: FACTOR changed"
    assert change["lines"] == ["- FACTOR = 2", "+ FACTOR = 17"]
    shown = warm.types("why", "double").out
    assert "steps.py: FACTOR changed" in shown
    assert "+ FACTOR = 17" in shown
    reused = warm.types("--json", "why", "priced").json["steps"][0]
    assert (reused["because"], reused["state"]) == ("unchanged", "reused")
    assert reused["rests_on"]["files"] >= 1
    assert [step["step"] for step in warm.types("--json", "why").json["steps"]] == [
        *("double", "total", "priced", "plugged", "fast", "looked", "script"),
    ]


def test_why_tells_settings_data_and_first_times(warm, edited):
    edited({"data/numbers.csv": "8\n", "steps.py": FILES["steps.py"].replace("+ offset", "+ 2 * offset")})
    warm.run("--set", "steps.total.params.offset=4")
    assert "data 'numbers'" in warm.types("why", "double").out
    told = warm.types("--json", "why", "total").json["steps"][0]
    assert ("offset", "1", "4") in [(item["what"], item["old"], item["new"]) for item in told["changes"]]
    first = warm.types("--json", "runs").json["runs"][-1]["run"]
    assert "never executed before" in warm.types("why", "double", first).out
    assert "steps.py: total changed" in [item["text"] for item in told["changes"]]
    warm.run("--no-reuse")
    assert "--no-reuse" in warm.types("why", "double").out
    assert warm.types("why", "doubel", status=2).err.startswith("error[R801]")


def test_worktrees_that_share_a_store_reuse_each_others_steps(small, tmp_path):
    shared = tmp_path / "store"
    small.writes(
        {"restrike.yaml": f"store: {shared}  # for all worktrees\n" + (small.project / "restrike.yaml").read_text()}
    )
    small.git("commit", "-q", "-a", "-m", "share the store")
    first = small.run()
    assert executed(first) == {"double", "total"}
    assert not (small.project / ".restrike").exists()
    small.git("worktree", "add", "-q", str(tmp_path / "second"))
    other = dataclasses.replace(small, project=tmp_path / "second")
    again = other.run()
    assert executed(again) == set()
    assert (again["recipe"], again["result"]) == (first["recipe"], first["result"])
    other.writes({"steps.py": (other.project / "steps.py").read_text().replace("2 *", "3 *")})
    assert executed(other.run()) == {"double", "total"}
    assert executed(small.run()) == set()
    assert other.reproduce(again["run"])["verdict"] == "identical"
    assert small.types("run", "--set", "store=elsewhere", status=2).err.startswith("error[R006]")


# packages


def wheel(folder, name, version, text):
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": text,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = ""
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).rstrip(b"=").decode()
        rows += f"{path},sha256={digest},{len(content)}\n"
    files[f"{info}/RECORD"] = rows + f"{info}/RECORD,,\n"
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in files.items():
            archive.writestr(member, content)
    return path


@pytest.fixture
def packaged(user, bare_env, tmp_path):
    """Return somebody with an environment of their own, and a function that installs into it."""
    environment = tmp_path / "env"
    shutil.copytree(bare_env, environment, symlinks=True)
    user.variables["VIRTUAL_ENV"] = str(environment)

    def install(name, version, text):
        place = wheel(tmp_path, name, version, text)
        command = [
            "uv",
            "pip",
            "install",
            "-q",
            "--offline",
            "--no-deps",
            "--reinstall",
            "--python",
            environment,
            place,
        ]
        subprocess.run(command, env=user.variables, check=True)

    return user, install


PACKAGED = """
restrike: 1
name: packages
steps:
  uses: {use: "steps:uses"}
  wants: {use: "steps:wants"}
  plain: {use: "plain:plain"}
  asks: {use: "steps:asks"}
"""
USES = """
def uses():
    import used
    return used.VALUE

def wants():
    try:
        import wanted
    except ImportError:
        return 0
    return wanted.VALUE

def asks():
    from importlib import metadata
    return metadata.version("unused")
"""


def test_a_package_counts_for_the_steps_that_import_it(packaged):
    user, install = packaged
    user.writes({"restrike.yaml": PACKAGED, "steps.py": USES, "plain.py": "def plain():\n    return 1\n"})
    install("used", "1.0", "VALUE = 1\n")
    install("unused", "1.0", "VALUE = 1\n")
    user.run()
    for package, version, expected in (
        ("unused", "2.0", {"asks"}),
        ("used", "1.1", {"uses"}),
        ("wanted", "1.0", {"wants"}),
    ):
        install(package, version, f"VALUE = {version!r}\n")
        reused = user.run()
        assert executed(reused) == expected, package
        assert user.run("--no-reuse")["result"] == reused["result"]
    assert "used: 1.0 -> 1.1" in user.types("why", "uses", "@last~3").out
    assert "wanted" in user.types("why", "wants", "@last~1").out
