"""Predictions that a user's own step or script made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas
import polars
import pytest
from sklearn import metrics

from restrike.base.errors import RestrikeError


def scores(rows: int = 200) -> pandas.DataFrame:
    random = np.random.default_rng(1)
    score = random.random(rows)
    return pandas.DataFrame(
        {
            "doc_id": [f"d{row}" for row in range(rows)],
            "relevant": (random.random(rows) < score).astype(int),
            "score": score,
            "language": random.choice(["de", "en"], rows),
        }
    )


def evaluate(**changes: Any) -> dict[str, Any]:
    return {
        "predictions": "score.scores",
        "truth": "relevant",
        "key": "doc_id",
        "metrics": ["average_precision"],
        "slices": [{"by": "language"}],
    } | changes


@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow", "csv", "records"])
def test_predictions_in_any_form(execute: Any, tmp_path: Path, kind: str) -> None:
    frame = scores()
    forms: dict[str, Any] = {
        "pandas": frame,
        "polars": polars.from_pandas(frame),
        "arrow": polars.from_pandas(frame).to_arrow(),
        "records": frame.to_dict("records"),
        "csv": tmp_path / "scores.csv",
    }
    frame.to_csv(forms["csv"], index=False)
    done = execute(None, evaluate(), {}, given={"score.scores": forms[kind]})
    value = done["evaluate.metrics"]["test"]["average_precision"]["value"]
    assert value == metrics.average_precision_score(frame["relevant"], frame["score"])
    assert [item["slice"] for item in done["evaluate.slices"]] == ["language = de", "language = en"]
    assert done["evaluate.rows"]["key"].tolist() == frame["doc_id"].tolist()
    assert done["evaluate.target"]["classes"] == [0, 1]


def test_parts_predictions_and_named_columns(execute: Any) -> None:
    frame = scores().rename(columns={"score": "chance"})
    frame["said"] = (frame["chance"] > 0.5).astype(int)
    frame["part"] = np.where(np.arange(200) < 50, "valid", "test")
    section = evaluate(metrics=["accuracy", "log_loss"], prediction="said", score="chance", on=["test"])
    done = execute(None, section, {}, given={"score.scores": frame})
    test = frame[frame["part"] == "test"]
    found = done["evaluate.metrics"]
    assert list(found) == ["test"]
    assert found["test"]["accuracy"]["value"] == metrics.accuracy_score(test["relevant"], test["said"])
    assert found["test"]["log_loss"]["value"] == metrics.log_loss(test["relevant"], test["chance"])


def test_regression(execute: Any) -> None:
    frame = pandas.DataFrame({"id": range(30), "true": np.linspace(0.5, 3.7, 30)})
    frame["prediction"] = frame["true"] * 1.1
    section = {"predictions": "fit", "truth": "true", "key": "id", "metrics": ["rmse"]}
    done = execute(None, section, {}, given={"fit": frame})
    expected = metrics.root_mean_squared_error(frame["true"], frame["prediction"])
    assert done["evaluate.metrics"]["test"]["rmse"]["value"] == expected


def test_slice_columns_from_the_data(execute: Any, tmp_path: Path) -> None:
    frame = scores()
    file = tmp_path / "docs.csv"
    frame[["doc_id", "language"]].sample(frac=1, random_state=1).to_csv(file, index=False)
    given = {"score.scores": frame.drop(columns="language")}
    done = execute(None, evaluate(data="docs"), {"docs": file}, given=given)
    sizes = {item["slice"]: item["n"] for item in done["evaluate.slices"]}
    assert sizes == {f"language = {name}": count for name, count in frame["language"].value_counts().items()}


@pytest.mark.parametrize(
    ("changes", "frame", "message"),
    [
        ({"truth": "relevent"}, scores(), "data 'predictions' has no column 'relevent' (did you mean 'relevant'?)"),
        ({"metrics": ["accuracy"]}, scores(), "metric 'accuracy' needs predictions, and there are only scores"),
        ({}, scores().assign(relevant=np.nan), "column 'relevant' of the predictions has rows without a value"),
        ({"on": ["tets"]}, scores(), "no row is in part 'tets'"),
        ({}, 3, "predictions are a int, not a table"),
        ({}, Path("model.bin"), "predictions in a file 'model.bin' cannot be read as a table"),
    ],
)
def test_mistakes(execute: Any, changes: dict[str, Any], frame: Any, message: str) -> None:
    with pytest.raises(RestrikeError) as caught:
        execute(None, evaluate(**changes), {}, given={"score.scores": frame})
    assert message in caught.value.what


def test_a_metric_of_the_project(execute: Any, tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "own_metric.py").write_text(
        "def share(truth, score, *, at):\n"
        "    if len(set(truth)) < 2:\n"
        "        raise ValueError('one class')\n"
        "    return float((score > at).mean())\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    frame = scores(60)
    frame.loc[frame["language"] == "de", "relevant"] = 1
    own = {
        "use": "own_metric:share",
        "name": "over",
        "params": {"at": 0.3},
        "needs": "score",
        "greater_is_better": False,
    }
    section = evaluate(metrics=[own], intervals={"samples": 50})
    done = execute(None, section, {}, given={"score.scores": frame})
    entry = done["evaluate.metrics"]["test"]["over"]
    assert entry["value"] == (frame["score"] > 0.3).mean()
    assert entry["low"] < entry["value"] < entry["high"]
    assert entry["better"] == "lower"
    one_class = done["evaluate.slices"][0]["metrics"]["over"]
    assert one_class == {"value": None, "low": None, "high": None, "reason": "one class"}
