"""Data and configs that are not right, and what their owners are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas
import pytest

from restrike.base.errors import RestrikeError
from restrike.training import checks
from restrike.training.errors import DataError

GOOD = "a,b,c,y,w\n" + "".join(f"{n},{n % 3},{'xyz'[n % 3]},{n % 2},1\n" for n in range(60))
LINES = GOOD.splitlines()


def config(**changes: Any) -> dict[str, Any]:
    return {
        "train_on": "d",
        "features": {"numeric": ["a", "b"]},
        "label": "y",
        "split": {"method": "hash", "fractions": {"train": 0.6, "test": 0.4}},
        "train": {"use": "sklearn.linear_model:LogisticRegression"},
    } | changes


def lines(*replaced: tuple[int, str]) -> str:
    found = list(LINES)
    for row, text in replaced:
        found[row] = text
    return "\n".join(found) + "\n"


ESTIMATOR = "sklearn.linear_model:LogisticRegression"

CASES: list[tuple[str, str | bytes, dict[str, Any], list[Any], str, str]] = [
    ("missing column", GOOD, {"label": "Y"}, [], "data 'd' has no column 'Y'", "its columns are: a, b, c, y, w"),
    (
        "missing column, nearest",
        GOOD.replace("a,b,c,y", "age,b,c,y"),
        {"features": {"numeric": ["agee"]}},
        [],
        "data 'd' has no column 'agee' (did you mean 'age'?)",
        "its columns are",
    ),
    (
        "column twice",
        GOOD.replace("a,b,c,y,w", "a,b,a,y,w"),
        {},
        [],
        "column 'a' more than once, at positions 1 and 3",
        "a name of its own",
    ),
    ("empty", "", {}, [], "data 'd' (d.csv) is empty", ""),
    ("header only", LINES[0] + "\n", {}, [], "data 'd' has a header but no rows", ""),
    (
        "bad encoding",
        GOOD.encode() + b"1,1,\xfc,1,1\n",
        {},
        [],
        f"data 'd' (d.csv) is not utf-8: byte {len(GOOD) + 4} (line 62) is 0xfc",
        "read: {encoding: latin-1}",
    ),
    (
        "one class",
        "\n".join([LINES[0], *(f"{n},1,x,1,1" for n in range(40))]) + "\n",
        {},
        [],
        "label 'y' has a single class, 1, in part 'train'",
        "two or more",
    ),
    (
        "missing label",
        lines((3, "2,2,z,,1"), (7, "6,0,x,,1")),
        {},
        [],
        "label 'y' of data 'd' is missing in 2 of 60 rows (the first is row 3)",
        "",
    ),
    (
        "text in numbers",
        lines((4, "?,0,x,1,1"), (9, "??,0,x,1,1")),
        {},
        [],
        "numeric feature 'a' of data 'd' holds '?' in row 4",
        "missing: ['', '?']",
    ),
    (
        "no value",
        "\n".join(["a,b,y", *(f",{n},{n % 2}" for n in range(60))]),
        {},
        [],
        "features have missing values, and the estimator takes none: 'a' in ",
        "",
    ),
    (
        "holes",
        lines((4, ",0,x,1,1"), (9, ",0,x,1,1")),
        {"split": {"method": "random", "fractions": {"train": 0.9, "test": 0.1}}},
        [],
        "features have missing values, and the estimator takes none: 'a' in ",
        "SimpleImputer",
    ),
    (
        "fractions for classes",
        "\n".join(["a,b,y", *(f"{n},{n},{n / 7}" for n in range(60))]),
        {},
        [],
        "label 'y' holds fractions such as",
        "use a regressor",
    ),
    (
        "text for regression",
        GOOD,
        {"label": "c", "train": {"use": "sklearn.linear_model:LinearRegression"}},
        [],
        "label 'c' holds text such as",
        "use a classifier",
    ),
    (
        "bad parameter value",
        GOOD,
        {"train": {"use": ESTIMATOR, "params": {"C": -1.0}}},
        [],
        "refuses a parameter: The 'C' parameter of LogisticRegression must be",
        "",
    ),
    ("positive", GOOD, {"positive": "1"}, [], "positive class '1' is none of the classes of 'y': 0, 1", "positive: 1"),
    ("bad weight", GOOD, {"weight": "c"}, [], "weight 'c' must be a number of 0 or more", ""),
    (
        "weights not taken",
        GOOD,
        {"weight": "w", "train": {"use": "sklearn.neighbors:KNeighborsClassifier"}},
        [],
        "KNeighborsClassifier takes no weights",
        "weight: w",
    ),
    (
        "metric name",
        GOOD,
        {},
        ["acuracy"],
        "there is no metric 'acuracy' (did you mean 'accuracy'?)",
        "the metrics are",
    ),
    ("metric of another task", GOOD, {}, ["rmse"], "metric 'rmse' is for regression", "for classification: "),
    (
        "scores",
        GOOD,
        {"train": {"use": "sklearn.linear_model:Perceptron"}},
        ["log_loss"],
        "metric 'log_loss' needs probabilities, and the model only gives decision values",
        "CalibratedClassifierCV",
    ),
    (
        "no scores at all",
        GOOD,
        {
            "train": {
                "use": "sklearn.ensemble:VotingClassifier",
                "params": {"estimators": [["p", {"use": "sklearn.linear_model:Perceptron"}]]},
            }
        },
        ["roc_auc"],
        "metric 'roc_auc' needs scores, and the model gives none",
        "without scores there are: accuracy, ",
    ),
    ("unknown part", GOOD, {}, ["accuracy", "on:tets"], "the split has no part 'tets' (did you mean 'test'?)", ""),
]


@pytest.mark.parametrize(
    ("text", "changes", "metrics", "message", "hint"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_mistake(
    execute: Any, tmp_path: Path, text: Any, changes: dict[str, Any], metrics: list[str], message: str, hint: str
) -> None:
    file = tmp_path / "d.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    parts = [name[3:] for name in metrics if name.startswith("on:")]
    chosen = [name for name in metrics if not name.startswith("on:")] or ["accuracy"]
    with pytest.raises(RestrikeError) as caught:
        execute(config(**changes), {"metrics": chosen, "on": parts or None}, {"d": file})
    assert message in caught.value.what
    assert hint in (caught.value.hint or "")
    assert caught.value.code != "R000"


def test_a_table_with_a_column_twice() -> None:
    with pytest.raises(DataError, match="column 'a' more than once, at positions 1 and 3"):
        checks.names(pandas.DataFrame([[1, 2, 3]], columns=["a", "b", "a"]), "d")


def test_labels_of_several_types() -> None:
    frame = pandas.DataFrame({"y": pandas.Series([1, "1", 1], dtype=object)})
    with pytest.raises(DataError, match="values of several types: 1 \\(int\\) and '1' \\(str\\)"):
        checks.label(frame, "d", "y")


def test_a_bad_byte_in_a_large_file(tmp_path: Path) -> None:
    file = tmp_path / "d.csv"
    good = "ü,2\n".encode()
    file.write_bytes(b"x" + good * 400_000 + b"\xff\n")  # the blocks that are read end inside of a character
    with pytest.raises(DataError, match=f"byte {1 + 400_000 * len(good)} \\(line 400001\\) is 0xff"):
        checks.file(file, "d", "utf-8")
    with pytest.raises(DataError, match="an encoding that does not exist: 'utf-7000'"):
        checks.file(file, "d", "utf-7000")


def test_numbers_declared_as_text() -> None:
    frame = pandas.DataFrame({"a": ["1", "2.5"]})
    with pytest.raises(DataError, match="was read as") as caught:
        checks.numeric(frame, "d", "a")
    assert "types: {a: float}" in str(caught.value.hint)
