"""Planted faults are found, innocent twins are left in peace, and each of the four aspects shows as itself."""

import re
import shutil
import time

import pytest

FAULTS = {
    "an unseeded generator of its own": (
        "import random\ndef make():\n    return [1, random.Random().random()]\n",
        r"\[1\]",
    ),
    "the time": (
        "import time\ndef make():\n    return {'a': 1, 'at': time.time_ns()}\n",
        r"at",
    ),
    "an unseeded identifier": (
        "import uuid\ndef make():\n    return f'one\\ntwo {uuid.uuid4()}\\n'\n",
        r"2",
    ),
    "the process": (
        "import os, threading\ndef make():\n    return {'a': [os.urandom(4).hex()]}\n",
        r"a\W+0",
    ),
}

TWINS = {
    "a generator of the step's seed": "import random\ndef make(seed): return random.Random(seed).random()\n",
    "the global generator": "import random\ndef make(): return [random.random(), random.sample(range(99), 9)]\n",
    "a set of texts": "def make(): return list({f'text {n}' for n in range(3000)})\n",
    "the order of a dict": "def make(): return {str(hash(str(n)))[-3:]: n for n in range(3000)}\n",
    "the time, not returned": "import time\ndef make():\n    print(time.time())\n    return 1\n",
    "hash() of a text": "def make(): return hash('text')\n",
    "a file of its own": "import os, tempfile\ndef make():\n    tempfile.mkstemp()\n    return os.getcwd()\n",
}

PIPELINE = """
restrike: 1
name: planted
seed: 5
steps:
  before: {use: "innocent:before"}
  make: {use: "planted:make"}
  after: {use: "innocent:after", inputs: {made: make, before: before}}
"""
INNOCENT = "def before(): return 1\ndef after(made, before): return [before, made]\n"


@pytest.fixture
def planted(user):
    """Return a function that gives somebody a pipeline with the given source in its middle."""

    def plant(source):
        user.writes({"restrike.yaml": PIPELINE, "innocent.py": INNOCENT, "planted.py": source})
        return user

    return plant


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_named_by_step_artifact_and_value(planted, fault):
    source, where = FAULTS[fault]
    user = planted(source)
    run = user.run()
    verdict = user.reproduce(run["run"], status=11)
    assert verdict["verdict"] == "different"
    found = verdict["divergence"]
    assert (found["step"], found["artifact"]) == ("make", "output")
    assert re.search(where, found["where"])
    assert found["ours"] != found["theirs"]
    assert [step["state"] for step in verdict["steps"]] == ["identical", "different", "different"]


def test_a_divergence_is_shown_to_a_person(planted):
    user = planted(FAULTS["the time"][0])
    user.run()
    shown = user.types("reproduce", "@last", status=11).out
    assert "DIFFERENT" in shown
    told = shown[shown.index("first divergence") : shown.index("scope")]
    assert re.search(r"step +make\n", told)
    assert re.search(r"where +\S*at", told)
    ours, theirs = re.findall(r"(?:recorded|reproduced) +(\d{19})\n", told)
    assert 0 < int(theirs) - int(ours) < 3600e9


def test_a_command_that_writes_the_time(user):
    user.writes(
        {
            "restrike.yaml": """
restrike: 1
name: command
steps:
  stamp: {run: "sh stamp.sh", outputs: {report: out/report.txt, same: out/same.txt}}
""",
            "stamp.sh": "mkdir out; echo same > out/same.txt; (echo first; date +%s%N) > out/report.txt\n",
        }
    )
    run = user.run()
    verdict = user.reproduce(run["run"], status=11)
    found = verdict["divergence"]
    assert (verdict["verdict"], found["step"], found["artifact"]) == ("different", "stamp", "report")
    assert found["ours"] != found["theirs"]
    assert [item["state"] for item in verdict["steps"][0]["artifacts"]] == ["different", "identical"]


def test_a_set_of_objects_hashed_by_address(planted):
    """Where objects lie differs from process to process, but need not each time: executed until it does."""
    user = planted(
        "class Thing:\n    def __init__(self, n): self.n = n\n"
        "def make(): return [thing.n for thing in {Thing(n) for n in range(3000)}]\n"
    )
    run = user.run()
    for _ in range(12):
        verdict = user.reproduce(run["run"], status=None)
        if verdict["verdict"] == "different":
            break
    found = verdict["divergence"]
    assert (found["step"], found["artifact"]) == ("make", "output")
    assert re.search(r"\[\d+\]", found["where"])
    assert found["ours"] != found["theirs"]
    assert user.types("--json", "runs").json["runs"][0]["incident"]


@pytest.mark.parametrize("twin", TWINS)
def test_an_innocent_twin_reproduces_identical(planted, twin):
    user = planted(TWINS[twin])
    run = user.run()
    assert user.reproduce(run["run"])["verdict"] == "identical"


def test_a_recipe_with_two_results_is_an_incident(planted):
    user = planted(FAULTS["an unseeded generator of its own"][0])
    first = user.run()
    assert not user.types("--json", "runs").json["runs"][0]["incident"]
    second = user.run("--no-reuse")
    assert (first["recipe"], first["result"] == second["result"]) == (second["recipe"], False)
    user.reproduce(first["run"], status=11)
    for row in user.types("--json", "runs").json["runs"]:
        assert (row["incident"], row["executions"]) == (True, 3)
    assert user.types("runs").out.count("INCIDENT") == 2
    shown = user.types("--json", "show", first["run"]).json
    assert shown["repeats"] == {"executions": 3, "same": 1, "incident": True}
    assert shown["verdicts"][0]["verdict"] == "different"
    text = user.types("show", first["run"]).out
    assert "INCIDENT" in text
    assert "different" in text


def test_a_run_that_fails_reproduces_as_failing(planted):
    user = planted("def make():\n    print('so far')\n    raise ValueError(f'no such thing: {2 + 2}')\n")
    run = user.run(status=1)
    assert run["status"] == "failed"
    verdict = user.reproduce(run["run"])
    assert verdict["verdict"] == "identical"
    assert [step["step"] for step in verdict["steps"]] == ["before", "make"]
    error = verdict["steps"][1]["error"]
    assert error["ours"] == error["theirs"] == "ValueError: no such thing: 4"
    shown = user.types("reproduce", "@last").out
    assert "every artifact, byte for byte" not in shown
    assert "same failure" in shown


def test_a_run_that_fails_in_another_way_is_different(planted):
    user = planted("import time\ndef make():\n    raise ValueError(f'failed at {time.time_ns()}')\n")
    run = user.run(status=1)
    verdict = user.reproduce(run["run"], status=11)
    assert (verdict["verdict"], verdict["divergence"]["step"]) == ("different", "make")
    assert "failed at" in verdict["divergence"]["ours"]
    assert verdict["divergence"]["ours"] != verdict["divergence"]["theirs"]


def test_a_step_that_fails_only_in_the_reproduction_is_different(planted):
    for patience in (4, 30):
        until = time.time() + patience
        user = planted(f"import time\ndef make():\n    if time.time() > {until}: raise OSError('too late')\n")
        run = user.run(status=None)
        if run["status"] == "finished":
            break
    time.sleep(max(0, until - time.time()))
    verdict = user.reproduce(run["run"], status=11)
    assert verdict["verdict"] == "different"
    assert [(step["step"], step["state"]) for step in verdict["steps"]] == [
        ("before", "identical"),
        ("make", "different"),
        ("after", "not judged"),
    ]
    found = verdict["divergence"]
    assert (found["step"], found["artifact"], found["theirs"]) == ("make", None, "OSError: too late")


# The four aspects, each by itself


def changed(user):
    """Run again and return which aspects `diff` says have changed, with its document."""
    user.run()
    found = user.types("--json", "diff", "@last~1", "@last").json
    return {aspect for aspect in ("code", "config", "environment", "data") if found[aspect]["changed"]}, found


def test_a_config_edit_alone_is_config(small):
    small.run()
    text = (small.project / "restrike.yaml").read_text()
    small.writes({"restrike.yaml": "# a comment\n" + text.replace("offset: 1", "offset: 2")})
    aspects, found = changed(small)
    assert aspects == {"config"}
    assert found["config"]["keys"] == [{"key": "steps.total.params.offset", "a": 1, "b": 2}]
    assert not found["result"]["identical"]
    small.writes({"restrike.yaml": text.replace("name: small", "name: renamed").replace("offset: 1", "offset: 2")})
    aspects, found = changed(small)
    assert (aspects, found["same_recipe"]) == (set(), True)


def test_a_code_edit_alone_is_code(small):
    small.run()
    text = (small.project / "steps.py").read_text()
    small.writes({"steps.py": text.replace("2 * int", "3 * int")})
    aspects, found = changed(small)
    assert aspects == {"code"}
    assert found["code"]["definitions"] == ["steps.py:double"]
    assert [(item["path"], item["kind"]) for item in found["code"]["files"]] == [("steps.py", "changed")]
    assert "+    return [3 * int" in found["code"]["files"][0]["patch"]
    small.writes({"new/module.py": "1\n"})
    aspects, found = changed(small)
    assert aspects == {"code"}
    assert found["result"]["identical"]


def test_a_data_edit_alone_is_data_with_row_counts(small):
    small.writes({"data/numbers.csv": "n\n" + "".join(f"{n}\n" for n in range(10))})
    small.writes({"steps.py": "def double(numbers): return 1\ndef total(doubled, offset): return 2\n"})
    small.run()
    small.writes({"data/numbers.csv": "n\n" + "".join(f"{n}\n" for n in range(1, 13))})
    aspects, found = changed(small)
    assert aspects == {"data"}
    (entry,) = found["data"]["datasets"]
    assert (entry["name"], entry["rows_added"], entry["rows_removed"]) == ("numbers", 3, 1)
    shown = small.types("diff", "@last~1", "@last").out
    assert re.search(r"3 rows? added", shown)
    assert re.search(r"1 row removed", shown)


def test_an_environment_change_alone_is_environment(small, bare_env, tmp_path):
    environment = tmp_path / "environment"
    shutil.copytree(bare_env, environment, symlinks=True)
    small.variables["VIRTUAL_ENV"] = str(environment)
    small.run()
    site = next((environment / "lib").glob("python*/site-packages"))
    (site / "tiny-1.0.dist-info").mkdir()
    (site / "tiny-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
    (site / "tiny-1.0.dist-info" / "RECORD").write_text("tiny.py,,\ntiny-1.0.dist-info/METADATA,,\n")
    (site / "tiny.py").write_text("VALUE = 1\n")
    aspects, found = changed(small)
    assert aspects == {"environment"}
    assert [(item["name"], item["a"]) for item in found["environment"]["distributions"]] == [("tiny", None)]
    assert found["result"]["identical"]
    (site / "tiny.py").write_text("VALUE = 2\n")
    aspects, found = changed(small)
    assert aspects == {"environment"}


# With real models


def test_the_effect_of_a_fault_on_metrics_and_slices_is_told(example):
    user = example("diabetes")
    text = (user.project / "cleaning.py").read_text()
    user.writes({"cleaning.py": text + NOISE})
    declared = (user.project / "restrike.yaml").read_text()
    user.writes({"restrike.yaml": declared.replace("cleaning:ZeroIsMissing", "cleaning:Noisy")})
    run = user.run(status=None)  # noise may cost it its gate: a run that is blocked is complete
    verdict = user.reproduce(run["run"], status=11)
    assert verdict["verdict"] == "different"
    found = verdict["divergence"]
    assert (found["step"], found["artifact"]) == ("train", "model")
    assert found["ours"] != found["theirs"]
    states = {step["step"]: step["state"] for step in verdict["steps"]}
    assert (states["load"], states["split"], states["train"]) == ("identical", "identical", "different")
    effects = {(row["metric"], row["part"], row["slice"]): (row["ours"], row["theirs"]) for row in verdict["metrics"]}
    assert len({one for one, _ in effects.values()}) > 10
    ours, theirs = effects["log_loss", "test", None]
    assert ours != theirs
    assert any(a != b for (_, _, piece), (a, b) in effects.items() if piece is not None)
    shown = user.types("reproduce", run["run"], status=11).out
    assert re.search(r"log_loss +test", shown)
    assert "over_50" in shown


NOISE = """

class Noisy(ZeroIsMissing):
    def fit(self, X, y=None):
        import numpy
        self.noise_ = numpy.random.default_rng().normal()
        return super().fit(X, y)

    def transform(self, X):
        return super().transform(X) + numpy_noise(X, self.noise_)


def numpy_noise(X, scale):
    import numpy
    return numpy.random.default_rng(int(abs(scale) * 1e9)).normal(scale=40.0, size=X.shape)
"""

SEARCH = """
import numpy
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

def table(seed):
    numpy.random.seed(seed)
    rows = numpy.random.default_rng(seed).normal(size=(60, 3))
    return rows + numpy.random.normal(size=(60, 1))

def search(rows):
    return GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0, 10.0]}, cv=3).fit(rows, rows[:, 0] > 0)
"""


def test_a_grid_search_is_equal_and_what_was_left_out_is_named(user, ml_env):
    """Its timings differ from execution to execution; everything else is compared."""
    user.variables["VIRTUAL_ENV"] = str(ml_env)
    user.writes(
        {
            "restrike.yaml": """
restrike: 1
name: search
seed: 1
steps:
  table: {use: "search:table"}
  search: {use: "search:search", inputs: {rows: table}}
""",
            "search.py": SEARCH,
        }
    )
    run = user.run()
    verdict = user.reproduce(run["run"])
    assert verdict["verdict"] == "equal"
    table, search = verdict["steps"]
    assert (table["state"], search["state"]) == ("identical", "equal")
    named = " ".join(search["artifacts"][0]["left_out"])
    for field in ("mean_fit_time", "std_score_time", "refit_time_"):
        assert field in named
    assert not user.types("--json", "runs").json["runs"][0]["incident"]
    shown = user.types("reproduce", run["run"]).out
    assert "refit_time_" in shown[shown.index("not compared") :]
