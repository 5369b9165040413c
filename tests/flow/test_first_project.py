"""A data file and nothing else: `init --data` writes a project that runs, and says what it guessed."""

import shutil
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = {
    "diabetes/data/pima-indians-diabetes.csv": ("c9", "has no header: its columns are called c1 to c9"),
    "wine/data/wine-quality.csv": ("quality", "the label is a guess: 'quality'"),
    "titanic/data/titanic-train.csv": ("Survived", "the label is a guess: 'Survived'"),
}


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES)
def test_a_project_made_from_a_file_runs_at_once(path, user, ml_env):
    label, told = FILES[path]
    shutil.copy(EXAMPLES / path, user.project / "rows.csv")
    user.variables["VIRTUAL_ENV"] = str(ml_env)
    made = user.types("init", "--data", "rows.csv")
    assert told in " ".join(made.out.split())
    run = user.run()
    assert run["status"] == "finished"
    assert run["metrics"]["test"]
    shown = user.types("--json", "show").json
    assert shown["config"]["label"] == label


def test_from_outside_the_project_the_columns_are_guessed_all_the_same(user):
    (user.project / "sub").mkdir()
    shutil.copy(EXAMPLES / "wine/data/wine-quality.csv", user.project / "sub" / "rows.csv")
    user.types("init", "sub", "--data", "sub/rows.csv")
    text = (user.project / "sub" / "restrike.yaml").read_text()
    assert "path: rows.csv" in text
    assert "label: quality" in text


def test_a_file_that_is_no_table_is_kept_all_the_same(small):
    (small.project / "broken.csv").write_text("a,b\n1,2\n1,2,3\n")
    answer = small.types("data", "add", "broken.csv")
    assert "new version" in answer.out
    assert "note kept, but not understood as a table: 'broken.csv'" in answer.out
    assert small.types("--json", "data", "log", "broken").json["versions"]
