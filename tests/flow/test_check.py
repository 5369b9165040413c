"""What makes steps differ is planted, each with an innocent twin: `check` names step and variation and spares twins."""

import os
import re

import pytest

# Two steps that take the same lock: one goes without where it is taken, the other waits.
LOCKING = """
import fcntl, time
from pathlib import Path
def make(files: Path):
    with open(files / "0.txt") as stream:
        try:
            fcntl.flock(stream, {how})
        except OSError:
            return "taken"
        time.sleep(0.3)
        return "free"
"""

# Name of the step -> source, the variation that it must mind, the cause where it differs from itself, and the line.
PLANTED = {
    "generator": ("import random\ndef make():\n    return random.Random().random()\n", "repeat", "unseeded", 3),
    "identifier": ("import uuid\ndef make():\n    return str(uuid.uuid4())\n", "repeat", "unseeded", 3),
    "machine_bytes": ("import os\ndef make():\n    return os.urandom(8).hex()\n", "repeat", "unseeded", 3),
    "secret_token": (
        "import secrets\ndef make():\n    a = 1\n    return secrets.token_hex(8)\n",
        "repeat",
        "unseeded",
        4,
    ),
    "temporary_name": ("import tempfile\ndef make():\n    return tempfile.mkdtemp()\n", "repeat", "unseeded", 3),
    "clock_reading": ("import time\ndef make():\n    return {'at': time.time_ns()}\n", "repeat", "clock", 3),
    "clock_of_datetime": (
        "from datetime import datetime\ndef make():\n    now = datetime.now()\n    return now.isoformat()\n",
        "repeat",
        "clock",
        3,
    ),
    "duration": (
        "import random, time\ndef make():\n    random.Random().random()\n    began = time.perf_counter()\n"
        "    return sum(range(999)) + time.perf_counter() - began\n",
        "repeat",
        "clock",
        4,
    ),
    "object_address": ("def make():\n    return repr(object())\n", "repeat", "memory addresses", 0),
    "finishing_order": (
        "from concurrent.futures import ThreadPoolExecutor, as_completed\n"
        "def work(n):\n    return sum(range(20000 + 300 * (n % 7))) and n\n"
        "def make():\n    with ThreadPoolExecutor(8) as pool:\n"
        "        waiting = [pool.submit(work, n) for n in range(64)]\n"
        "        return [done.result() for done in as_completed(waiting)]\n",
        "repeat",
        "thread order",
        6,
    ),
    "set_order": ("def make():\n    return list({f'text {n}' for n in range(9)})\n", "hash seed", None, 2),
    "text_hash": ("def make():\n    return hash('text')\n", "hash seed", None, 2),
    "thread_count": ("import os\ndef make():\n    return os.environ['OMP_NUM_THREADS']\n", "threads", None, 3),
    "local_time": ("import time\ndef make():\n    return time.localtime(0).tm_hour\n", "time zone", None, 3),
    "local_characters": (
        "import subprocess\ndef make():\n    text = '\\u00e9t\\u00e9'.encode()\n"
        "    return subprocess.run(['wc', '-m'], input=text, capture_output=True).stdout.decode()\n",
        "locale",
        None,
        4,
    ),
    "user_variable": ("import getpass\ndef make():\n    return getpass.getuser()\n", "user", None, 3),
    "user_entry": ("import pwd\ndef make():\n    return pwd.getpwuid(0).pw_name\n", "user", None, 3),
    "core_count": ("import os\ndef make():\n    return len(os.sched_getaffinity(0))\n", "cores", None, 3),
    "unwritten_memory": (
        "import ctypes\ndef make():\n    libc = ctypes.CDLL(None)\n    libc.malloc.restype = ctypes.c_void_p\n"
        "    return ctypes.string_at(libc.malloc(1 << 22), 64).hex()\n",
        "memory",
        None,
        5,
    ),
    "listed_files": (
        "import os\nfrom pathlib import Path\ndef make(files: Path):\n    return os.listdir(files)\n",
        "listing order",
        None,
        4,
    ),
    "walked_files": (
        "from pathlib import Path\ndef make(files: Path):\n    return [item.name for item in files.iterdir()]\n",
        "listing order",
        None,
        3,
    ),
    "global_generator": ("import random\ndef make():\n    return random.random()\n", "global generators", None, 3),
    "date": ("import datetime\ndef make():\n    return datetime.date.today().year\n", "clock", None, 3),
    "project_path": ("import os\ndef make():\n    return os.getcwd()\n", "working directory", None, 3),
    "module_path": ("def make():\n    return __file__\n", "working directory", None, 2),
    "data_path": (
        "from pathlib import Path\ndef make(files: Path):\n    return str(files.resolve())\n",
        "working directory",
        None,
        3,
    ),
    "home_path": ("from pathlib import Path\ndef make():\n    return str(Path.home())\n", "home", None, 3),
    "home_entry": ("import pwd\ndef make():\n    return pwd.getpwuid(0).pw_dir\n", "home", None, 3),
    "counted_cores": ("import os\ndef make():\n    return os.cpu_count()\n", "cores", None, 3),
    "usual_address": (
        "import ctypes\ndef make():\n    place = ctypes.cast(ctypes.CDLL(None).malloc, ctypes.c_void_p).value\n"
        "    return place >> 28 == 0x7FFFF\n",
        "addresses",
        None,
        3,
    ),
    "lock_of_files": (LOCKING.format(how="fcntl.LOCK_EX | fcntl.LOCK_NB"), "step order", None, 7),
}

TWINS = {
    "generator": "import random\ndef make(seed):\n    return random.Random(seed).random()\n",
    "identifier": "import uuid\ndef make():\n    return str(uuid.uuid5(uuid.NAMESPACE_DNS, 'a'))\n",
    "machine_bytes": "import os\ndef make():\n    return len(os.urandom(8))\n",
    "secret_token": "import secrets\ndef make():\n    return len(secrets.token_hex(8))\n",
    "temporary_name": "import os, tempfile\ndef make():\n    return os.listdir(tempfile.mkdtemp())\n",
    "clock_reading": "import time\ndef make():\n    print(time.time_ns())\n    return 1\n",
    "clock_of_datetime": "from datetime import datetime\ndef make():\n    return datetime(2020, 1, 1).isoformat()\n",
    "duration": "import time\ndef make():\n    time.perf_counter()\n    return sum(range(999))\n",
    "object_address": "def make():\n    return id(object()) > 0\n",
    "finishing_order": "from concurrent.futures import ThreadPoolExecutor\ndef make():\n"
    "    with ThreadPoolExecutor(8) as pool:\n        return list(pool.map(abs, range(64)))\n",
    "set_order": "def make():\n    return sorted({f'text {n}' for n in range(9)})\n",
    "text_hash": "import hashlib\ndef make():\n    return hashlib.sha256(b'text').hexdigest()\n",
    "thread_count": "import os\ndef make():\n    return len(os.environ['OMP_NUM_THREADS']) > 0\n",
    "local_time": "import time\ndef make():\n    return time.gmtime(0).tm_hour\n",
    "local_characters": "def make():\n    return len('\\u00e9t\\u00e9')\n",
    "user_variable": "import getpass\ndef make():\n    return bool(getpass.getuser())\n",
    "user_entry": "import pwd\ndef make():\n    return pwd.getpwuid(0).pw_uid\n",
    "core_count": "import os\ndef make():\n    return len(os.sched_getaffinity(0)) > 0\n",
    "unwritten_memory": "def make():\n    return bytes(64).hex()\n",
    "listed_files": "import os\nfrom pathlib import Path\ndef make(files: Path): return sorted(os.listdir(files))\n",
    "walked_files": "from pathlib import Path\ndef make(files: Path):\n    return len(list(files.rglob('*')))\n",
    "global_generator": "import random\ndef make():\n    random.random()\n    return 1\n",
    "date": "import datetime\ndef make():\n    return datetime.date.today() > datetime.date(2020, 1, 1)\n",
    "project_path": "import os\ndef make():\n    return os.path.relpath('/tmp', os.getcwd())[:2]\n",
    "module_path": "from pathlib import Path\ndef make():\n    return Path(__file__).name\n",
    "data_path": "from pathlib import Path\ndef make(files: Path):\n    return files.resolve().name\n",
    "home_path": "from pathlib import Path\n"
    "def make():\n    place = Path.home() / 'cache'\n    place.mkdir()\n    return place.name\n",
    "home_entry": "import pwd\ndef make():\n    return pwd.getpwuid(0).pw_shell\n",
    "counted_cores": "import os\ndef make():\n    return os.cpu_count() > 0\n",
    "usual_address": "import ctypes\ndef make():\n    return bool(ctypes.CDLL(None).malloc)\n",
    "lock_of_files": LOCKING.format(how="fcntl.LOCK_EX"),
}


def pipeline():
    """Return a config of all planted steps and their twins; what reads files is beside what reads the same ones."""
    steps = []
    for name in sorted((*PLANTED, *(f"{name}_twin" for name in TWINS), "lock_of_files_again")):
        inputs = ", inputs: {files: data.files}" if "files" in name or "data_path" in name else ""
        steps.append(f'  {name}: {{use: "{name.removesuffix("_again")}:make"{inputs}}}\n')
    return "restrike: 1\nname: planted\nseed: 5\nseal: warn\ndata: {files: files}\nsteps:\n" + "".join(steps)


@pytest.fixture(scope="module")
def checked(lasting_user):
    """Return the document of one check over all planted steps and their twins."""
    user = lasting_user
    user.writes({"restrike.yaml": pipeline(), **{f"files/{n}.txt": str(n) for n in range(7)}})
    user.writes({f"{name}.py": planted[0] for name, planted in PLANTED.items()})
    user.writes({f"{name}_twin.py": source for name, source in TWINS.items()})
    user.run()
    return user.types("--json", "check", status=11, timeout=600).json


def flinches(document, step):
    return [item for item in document["flinches"] if item["step"] == step]


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_named_by_step_and_variation(checked, name):
    _, variation, cause, line = PLANTED[name]
    found = flinches(checked, name) or flinches(checked, f"{name}_again")
    assert [item["variation"] for item in found] == [variation]
    assert found[0]["artifact"] == "output"
    assert found[0]["ours"] != found[0]["theirs"]
    assert len(found[0]["advice"]) > 20
    if cause:
        assert found[0]["cause"]["kind"].startswith(cause)
        assert not line or f"{name}.py:{line}" in found[0]["cause"]["detail"]
    else:
        assert found[0]["cause"] is None
        assert (found[0]["places"][0]["file"], found[0]["places"][0]["line"]) == (f"{name}.py", line)


@pytest.mark.slow
@pytest.mark.parametrize("name", TWINS)
def test_an_innocent_twin_is_robust_against_everything(checked, name):
    step = next(item for item in checked["steps"] if item["step"] == f"{name}_twin")
    assert flinches(checked, f"{name}_twin") == []
    assert set(step["states"]) == {item["variation"] for item in checked["variations"]}
    assert set(step["states"].values()) <= {"identical", "equal"}


@pytest.mark.slow
def test_the_catalogue_in_numbers(checked):
    named = {name: {item["variation"] for item in flinches(checked, name)} for name in PLANTED}
    named["lock_of_files"] |= {item["variation"] for item in flinches(checked, "lock_of_files_again")}
    alarms = [name for name in TWINS if flinches(checked, f"{name}_twin")]
    print(f"\n{'planted':20}{'named':20}")
    for name, (_, variation, _, _) in sorted(PLANTED.items(), key=lambda item: item[1][1]):
        print(f"{name:20}{', '.join(named[name]):20}{'' if named[name] == {variation} else 'WRONG'}")
    found = sum(named[name] == {planted[1]} for name, planted in PLANTED.items())
    print(f"{found} of {len(PLANTED)} by step and variation; {len(alarms)} false alarms on {len(TWINS)} twins")
    assert found == len(PLANTED) >= 15
    assert not alarms
    tried = {item["variation"] for item in checked["variations"]}
    assert {planted[1] for planted in PLANTED.values()} == tried  # each variation has something planted for it


@pytest.mark.slow
def test_what_was_proven_is_shown_with_the_run(checked, lasting_user):
    shown = lasting_user.types("--json", "show", "@last").json["checks"]
    by_step = {item["step"]: item for item in shown["steps"]}
    assert by_step["set_order"]["flinches"] == ["hash seed"]
    assert "time zone" in by_step["set_order"]["robust"]
    assert by_step["date_twin"]["flinches"] == []
    told = lasting_user.types("show", "@last").out
    assert re.search(r"set_order +minds +hash seed\n", told)
    assert re.search(r"date_twin +proven robust against +repeat, hash seed", told)


def test_a_robust_run_is_told_so_and_ends_well(small):
    small.run()
    told = small.types("check", "--quick").out
    assert "ROBUST" in told
    assert re.search(r"hash seed +same bytes +same bytes", told)
    document = small.types("--json", "check", "--quick", "--on", "total", "--repeat", "2").json
    assert not document["flinched"]
    assert [item["step"] for item in document["steps"]] == ["total"]
    assert [item["variation"] for item in document["variations"]] == ["repeat", "hash seed", "threads"]


def test_the_effect_on_metrics_is_followed_down_the_pipeline(user):
    user.writes(
        {
            "restrike.yaml": """
restrike: 1
name: effect
steps:
  order: {use: "steps:order"}
  first: {use: "steps:first", inputs: {names: order}, outputs: {m: {as: metrics}}}
""",
            "steps.py": "def order():\n    return list({f'text {n}' for n in range(40)})\n"
            "def first(names):\n    return {'first': int(names[0].split()[1])}\n",
        }
    )
    user.run()
    document = user.types("--json", "check", "--quick", status=11).json
    (found,) = document["flinches"]
    assert (found["step"], found["variation"]) == ("order", "hash seed")
    (moved,) = found["metrics"]
    assert (moved["metric"], moved["part"]) == ("first", "first")
    assert moved["ours"] != moved["theirs"]
    assert "sorted(" in user.types("check", "--quick", status=11).out


def test_a_script_is_watched_in_its_own_process(user):
    script = "import random, sys\nvalue = 1\nprint(random.random(), file=open(sys.argv[1], 'w'))\n"
    user.writes(
        {
            "restrike.yaml": "restrike: 1\nname: script\nsteps:\n"
            '  draw: {run: [python, draw.py, "{outputs.report}"], outputs: {report: report.txt}}\n'
            '  shell: {run: ["sh", "-c", "date +%s%N > at.txt"], outputs: {report: at.txt}}\n',
            "draw.py": script,
        }
    )
    user.run()
    document = user.types("--json", "check", "--quick", status=11).json
    (draw,), (shell,) = flinches(document, "draw"), flinches(document, "shell")
    assert draw["cause"]["kind"] == "unseeded randomness"
    assert "draw.py:3" in draw["cause"]["detail"]
    assert shell["cause"]["kind"] == "unexplained"
    assert "the program that it starts is not Python" in " ".join(shell["cause"]["evidence"])


def test_a_step_that_is_not_there_is_refused(small):
    small.run()
    assert "has no step 'totl'" in small.types("check", "--on", "totl", status=2).err


CAUSES = {
    "restrike.yaml": "restrike: 1\nname: causes\nsteps:\n  make: {use: 'planted:make'}\n",
    "planted.py": "import random\n\ndef make():\n    rng = random.Random()\n    return rng.random()\n",
}


def test_a_divergence_comes_with_its_cause_and_line(user):
    user.writes(CAUSES)
    run = user.run()["run"]
    cause = user.reproduce(run, status=11)["cause"]
    assert cause["kind"] == "unseeded randomness"
    assert "planted.py:4: `rng = random.Random()`" in cause["detail"]
    assert any("gave the same result" in item for item in cause["evidence"])
    assert user.reproduce(run, "--no-cause", status=11)["cause"] is None


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two cores to differ from one")
def test_a_machine_that_differs_is_named_by_what_brings_the_record_back(user):
    user.writes(CAUSES | {"planted.py": "import os\ndef make():\n    return len(os.sched_getaffinity(0))\n"})
    cores = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, sorted(cores)[:1])
        run = user.run()["run"]
    finally:
        os.sched_setaffinity(0, cores)
    cause = user.reproduce(run, status=11)["cause"]
    assert cause["kind"] == "cores"
    assert "1 core to use instead of" in cause["detail"]
    assert "planted.py:3" in cause["detail"]


def test_a_run_that_reproduces_has_no_cause(small):
    run = small.run()
    assert small.reproduce(run["run"])["cause"] is None


NUMERIC = {
    "product": "import numpy\ndef make(seed):\n    table = numpy.random.default_rng(seed).normal(size=(300, 300))\n"
    "    return table @ table\n",
    "tangent": "import numpy\ndef make(seed):\n"
    "    return numpy.tanh(numpy.random.default_rng(seed).uniform(size=50_000))\n",
    "integers": "import numpy\ndef make(seed):\n"
    "    return numpy.sort(numpy.random.default_rng(seed).integers(0, 99, 50_000))\n",
}
MINDED = {"product": {"BLAS kernel"}, "tangent": {"numpy dispatch"}, "integers": set()}


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("profile", ["native", "portable"])
def test_other_instructions_are_a_flinch_unless_the_profile_pins_them(user, ml_env, profile):
    user.variables["VIRTUAL_ENV"] = str(ml_env)
    user.writes({f"{name}.py": source for name, source in NUMERIC.items()})
    steps = "".join(f'  {name}: {{use: "{name}:make"}}\n' for name in NUMERIC)
    config = f"restrike: 1\nname: numbers\nnumeric: {{profile: {profile}, threads: 2}}\nsteps:\n{steps}"
    user.writes({"restrike.yaml": config})
    user.run()
    document = user.types("--json", "check", status=11 if profile == "native" else 0, timeout=500).json
    by = {item["variation"]: item["by"] for item in document["held"]}
    assert by.pop("threads", "numeric: threads") == "numeric: threads"  # these are stated, so nobody has others
    told = [item for item in (*document["flinches"], *document["held"]) if item["variation"] != "threads"]
    assert {name: {item["variation"] for item in told if item["step"] == name} for name in NUMERIC} == MINDED
    shown = user.types("show", "@last").out
    if profile == "portable":
        assert set(by.values()) == {"numeric: portable"}
        assert re.search(r"product +held by numeric +(threads, )?BLAS kernel\n", shown)
    else:
        assert not by
        assert all("numeric: {profile: portable}" in item["advice"] for item in told)
        assert re.search(r"product +minds +BLAS kernel\n", shown)
        assert re.search(r"numeric +native, 2 threads; OpenBLAS \w+ kernels", shown)


CAREFUL = {
    "restrike.yaml": """
restrike: 1
name: careful
data: {texts: texts}
steps:
  words: {use: "steps:words", inputs: {texts: data.texts}}
  counted: {use: "steps:counted", inputs: {words: words}}
  drawn: {use: "steps:drawn", inputs: {words: words}, params: {day: "2024-02-29"}}
  told:
    run: [python, tell.py, "{inputs.counted}", "{outputs.report}"]
    inputs: {counted: counted}
    outputs: {report: {path: report.json, as: metrics}}
""",
    "steps.py": """
import random
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def words(texts: Path):
    return sorted({word for path in texts.rglob("*.txt") for word in path.read_text().split()})


def counted(words):
    with ThreadPoolExecutor(4) as pool:
        return dict(zip(words, pool.map(len, words)))


def drawn(words, day, seed):
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, f"{uuid.uuid4()}.txt").write_text(day)
        found = random.Random(seed).sample(words, 2)
    print(f"took {time.perf_counter() - began} s on {day}")
    return found
""",
    "tell.py": """
import json
import sys

counted = json.load(open(sys.argv[1]))
json.dump({"words": len(counted), "letters": sum(counted.values())}, open(sys.argv[2], "w"))
""",
    "texts/a.txt": "one two three",
    "texts/b.txt": "three four",
    "texts/more/c.txt": "five",
}


def test_careful_steps_are_accused_of_nothing(user):
    user.writes(CAREFUL)
    user.run()
    document = user.types("--json", "check", timeout=200).json
    assert document["flinches"] == document["held"] == []
    told = user.types("show", "@last").out
    assert re.search(r"checked +robust against \d+ of \d+ variations", told)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "name",
    [
        pytest.param("wine", marks=pytest.mark.slow),
        *(pytest.param(name, marks=pytest.mark.long) for name in ("diabetes", "titanic", "spam")),
    ],
)
def test_an_example_is_accused_of_nothing(example, name):
    user = example(name)
    user.run()
    document = user.types("--json", "check", timeout=800).json
    assert document["flinches"] == []
    assert {item["variation"] for item in document["held"]} <= {"BLAS kernel", "numpy dispatch"}
    for found in document["held"]:
        assert all(abs(row["ours"] - row["theirs"]) < 1e-9 for row in found["metrics"])
