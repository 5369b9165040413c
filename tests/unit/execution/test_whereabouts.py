"""The place in the user's code: what the trace saw, else the traceback, else the text that names it, else the step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from restrike.execution.whereabouts import Whereabouts
from restrike.pipeline.graph import Output, Step

SOURCE = '''"""Reads data/x.csv, says this docstring."""
import other

def f():
    # data/x.csv
    return open("data/x.csv"), open(other.NAME)
'''
CALL = Step("fit", use="steps:f", params={"source": "~/far.csv"})


@pytest.fixture
def code(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "steps.py").write_text(SOURCE)
    (tmp_path / "other.py").write_text("\n\nNAME = 'data/y.csv'\n")
    (tmp_path / "go.sh").write_text("echo\ncat data/z.csv\n")
    (tmp_path / "broken.py").write_text("def 'data/b.csv'")
    return tmp_path


def places(code: Path, step: Step = CALL, error: Any = None, origins: Any = None, **trace: Any) -> Whereabouts:
    return Whereabouts(step, trace, error, code, (".", "src"), (origins or {}).get)


def entry(**given: Any) -> dict[str, Any]:
    return {"file": "features.py", "line": 41, "function": "f", "text": "...", **given}


def test_the_line_that_was_seen_to_open_it_comes_first(code: Path) -> None:
    where = places(code, opened=[entry(path="/project/data/x.csv"), entry(path="/project/data/x.csv", line=50)])
    assert where.of_path("/project/data/x.csv") == "features.py:41"
    assert where.of_path("/project/data") == "features.py:41"
    reached = places(code, opened=[entry(path="/x"), entry(path="models.example.org:443", line=7)])
    assert reached.of_network("models.example.org:443") == "features.py:7"
    assert reached.of_network("127.0.0.1:53") == "features.py:7"


def test_else_the_users_innermost_line_of_the_traceback_if_it_was_for_this_file(code: Path) -> None:
    frames = [{"file": "/project/src/steps.py", "line": 6}, {"file": "/env/lib/pandas/io.py", "line": 900}]
    error = {"missing": "/project/data/q.csv", "frames": frames}
    assert places(code, error=error).of_path("/project/data/q.csv") == "src/steps.py:6"
    assert places(code, error=error).of_path("/project/data/x.csv") == "src/steps.py:6", "by its literal"
    assert places(code, error=error).of_network("192.0.2.1:80") == "src/steps.py:6"
    assert places(code, error=error).of_module("/project/made.py") == "src/steps.py:6"
    assert places(code, error=error).of_module("/project/other.py") == "src/steps.py:2"


def test_else_the_line_with_its_name_as_a_literal(code: Path) -> None:
    assert places(code).of_path("/project/data/x.csv") == "src/steps.py:6", "neither the docstring's nor the comment's"
    assert places(code, modules=["other.py"]).of_path("/project/data/y.csv") == "other.py:3"
    script = Step("fit", command=("sh", "go.sh"), outputs=(Output("out"),))
    assert places(code, script).of_path("/project/data/z.csv") == "go.sh:2"


def test_else_the_place_in_the_config_that_says_it(code: Path) -> None:
    origins = {"steps.fit.params.source": "restrike.yaml:7:12", "steps.fit": "restrike.yaml:5:3"}
    assert places(code, origins=origins).of_path("/home/restrike/far.csv") == "restrike.yaml:7:12"
    assert places(code, origins=origins).of_path("/mnt/nobody-knows") == "restrike.yaml:5:3"


def test_else_the_step(code: Path) -> None:
    where = places(code, modules=["broken.py", "gone.py"])
    assert where.of_path("/project/data/b.csv") == "step 'fit'"
    assert where.of_path("/x") == where.of_variable("X") == where.of_network("192.0.2.1:80") == "step 'fit'"


def test_part_of_another_name_is_not_the_name(code: Path) -> None:
    (code / "src" / "steps.py").write_text('A = "big_data.csv"\nB = "data.csv.gz"\nC = "in/data.csv"\n')
    assert places(code).of_path("/project/data.csv") == "src/steps.py:3"
    (code / "go.sh").write_text("echo digit .git\ngit describe\n")
    script = Step("fit", command=("sh", "go.sh"), outputs=(Output("out"),))
    assert (places(code, script).named("git"), places(code).named("git")) == ("go.sh:2", None)


def test_a_variable_is_read_where_the_trace_says(code: Path) -> None:
    where = places(code, variables=[entry(name="COUNTRY", set=False)])
    assert where.of_variable("COUNTRY") == "features.py:41"
