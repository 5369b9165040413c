from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
from sklearn import metrics
from sklearn.datasets import make_classification

from restrike.training.errors import ComponentError
from restrike.training.predict import predict


def written(folder: Path, classes: list[Any], rows: int = 300) -> Path:
    x, y = make_classification(rows, 4, n_informative=3, n_redundant=0, n_classes=len(classes), random_state=1)
    frame = pandas.DataFrame(x, columns=["a", "b", "c", "score"])
    frame["label"] = np.array(classes, dtype=object)[y]
    frame["weight"] = np.where(y == 0, 5.0, 1.0)
    file = folder / "d.csv"
    frame.to_csv(file, index=False)
    return file


def config(**changes: Any) -> dict[str, Any]:
    return {
        "train_on": "d",
        "features": {"numeric": ["a", "b", "c"]},
        "label": "label",
        "split": {"method": "random", "fractions": {"train": 0.6, "test": 0.4}},
        "train": {"use": "sklearn.linear_model:LogisticRegression"},
    } | changes


@pytest.mark.parametrize(
    ("classes", "expected", "negative"),
    [
        (["no", "yes"], ["no", "yes"], "no"),
        ([False, True], [False, True], "false"),
        ([3, 7], [3, 7], "3"),
        (["b", "a"], ["a", "b"], "a"),
        ([0.0, 1.0], [0.0, 1.0], "0"),
    ],
)
def test_two_classes_of_any_type(
    execute: Any, tmp_path: Path, classes: list[Any], expected: list[Any], negative: str
) -> None:
    done = execute(config(), {"metrics": ["accuracy", "roc_auc", "log_loss"]}, {"d": written(tmp_path, classes)})
    target, table = done["predict.target"], done["predict.predictions"]
    assert target == {
        "format": "restrike.target/1",
        "label": "label",
        "task": "classification",
        "classes": expected,
        "positive": expected[1],
        "scores": "probability",
    }
    assert [type(value) for value in target["classes"]] == [type(value) for value in expected]
    assert set(table["truth"]) == set(table["prediction"]) == set(expected)
    assert list(table.columns) == ["key", "part", "truth", "prediction", "score", f"score_{negative}"]
    assert (table["prediction"] == expected[1]).tolist() == (table["score"] > 0.5).tolist()


def test_several_classes(execute: Any, tmp_path: Path) -> None:
    done = execute(
        config(), {"metrics": ["recall", "roc_auc", "log_loss"]}, {"d": written(tmp_path, ["lo", "mid", "up"])}
    )
    table = done["predict.predictions"]
    assert list(table.columns) == ["key", "part", "truth", "prediction", "score_lo", "score_mid", "score_up"]
    assert done["predict.target"]["positive"] is None
    expected = metrics.recall_score(table["truth"], table["prediction"], average="macro")
    assert done["evaluate.metrics"]["test"]["recall"]["value"] == expected


def test_the_other_positive_class_and_a_threshold(execute: Any, tmp_path: Path) -> None:
    file = written(tmp_path, ["no", "yes"])
    usual = execute(config(), {"metrics": ["recall"]}, {"d": file})["predict.predictions"]
    done = execute(config(positive="no", threshold=0.8), {"metrics": ["recall"]}, {"d": file})
    table = done["predict.predictions"]
    assert table["score"].tolist() == usual["score_no"].tolist()
    assert (table["prediction"] == "no").tolist() == (table["score"] >= 0.8).tolist()
    expected = metrics.recall_score(table["truth"], table["prediction"], pos_label="no")
    assert done["evaluate.metrics"]["test"]["recall"]["value"] == expected
    with pytest.raises(ComponentError, match="a threshold needs two classes"):
        execute(config(threshold=0.5), {"metrics": ["recall"]}, {"d": written(tmp_path, ["a", "b", "c"])})


def test_decision_values_where_there_are_no_probabilities(execute: Any, tmp_path: Path) -> None:
    file = written(tmp_path, ["no", "yes"])
    machine = {"train": {"use": "sklearn.svm:LinearSVC", "params": {"dual": "auto"}}}
    done = execute(config(**machine), {"metrics": ["roc_auc"]}, {"d": file})
    table = done["predict.predictions"]
    assert done["predict.target"]["scores"] == "decision"
    assert (table["prediction"] == "yes").tolist() == (table["score"] > 0).tolist()
    other = execute(config(positive="no", **machine), {"metrics": ["roc_auc"]}, {"d": file})
    assert other["predict.predictions"]["score"].tolist() == (-table["score"]).tolist()
    value = done["evaluate.metrics"]["test"]["roc_auc"]["value"]
    assert other["evaluate.metrics"]["test"]["roc_auc"]["value"] == pytest.approx(value)


def test_weights_reach_the_estimator(execute: Any, tmp_path: Path) -> None:
    file = written(tmp_path, ["no", "yes"])
    plain = execute(config(), {"metrics": ["accuracy"]}, {"d": file})
    weighted = execute(config(weight="weight"), {"metrics": ["accuracy"]}, {"d": file})
    said = [(done["predict.predictions"]["prediction"] == "no").mean() for done in (plain, weighted)]
    assert said[1] > said[0]


def test_regression_has_no_scores(execute: Any, tmp_path: Path) -> None:
    changed = config(label="a", features={"numeric": ["b", "c"]}, train={"use": "sklearn.linear_model:Ridge"})
    done = execute(changed, {"metrics": ["r2"]}, {"d": written(tmp_path, ["no", "yes"])})
    assert list(done["predict.predictions"].columns) == ["key", "part", "truth", "prediction"]
    assert done["predict.target"]["task"] == "regression"


def test_parts_and_slice_columns(execute: Any, tmp_path: Path) -> None:
    evaluate = {
        "metrics": ["accuracy"],
        "on": ["test", "train"],
        "slices": [{"where": "score > 0 and truth = 'yes'"}, {"where": "b > 0"}, {"where": "prediction = 'no'"}],
    }
    done = execute(config(), evaluate, {"d": written(tmp_path, ["no", "yes"])})
    table = done["predict.predictions"]
    assert list(done["evaluate.metrics"]) == ["test", "train"]
    assert len(table) == 300
    assert list(table.columns[-2:]) == ["data.score", "b"]  # the data's own `score` beside the model's
    first = done["evaluate.slices"][0]
    rows = (table["data.score"] > 0) & (table["truth"] == "yes") & (table["part"] == "test")
    assert first["n"] == rows.sum()


def test_predictions_do_not_depend_on_the_threads_the_model_was_given(execute: Any, tmp_path: Path) -> None:
    file = written(tmp_path, ["no", "yes"])
    outputs = set()
    for jobs in (1, 3):
        forest = {"use": "sklearn.ensemble:RandomForestRegressor", "params": {"n_estimators": 20, "n_jobs": jobs}}
        changed = config(label="a", features={"numeric": ["b", "c"]}, train=forest)
        outputs.add(execute(changed, {"metrics": ["r2"]}, {"d": file}).bytes["predict.predictions"])
    assert len(outputs) == 1


def test_an_object_column_with_none_counts_as_missing(execute: Any, tmp_path: Path) -> None:
    file = tmp_path / "d.parquet"
    texts = [None if n % 5 == 0 else "xy"[n % 2] for n in range(80)]
    frame = pandas.DataFrame({"a": range(80), "t": pandas.Series(texts, dtype=object), "label": [0, 1] * 40})
    frame.to_parquet(file)
    changed = config(
        features={"numeric": ["a"], "categorical": ["t"]},
        preprocess={
            "categorical": [
                {"use": "sklearn.impute:SimpleImputer", "params": {"strategy": "most_frequent"}},
                {"use": "sklearn.preprocessing:OneHotEncoder"},
            ]
        },
    )
    done = execute(changed, {"metrics": ["accuracy"]}, {"d": file})
    encoder = done["train.model"].named_steps["preprocess"].named_transformers_["categorical"][-1]
    assert [list(values) for values in encoder.categories_] == [["x", "y"]]


def test_a_row_of_the_split_that_is_not_in_the_table() -> None:
    table = pandas.DataFrame({"a": [1.0]}, index=pandas.Index(["k"], name="key"))
    membership = pandas.DataFrame({"key": ["other"], "part": ["test"]})
    with pytest.raises(KeyError, match="row 'other' is in the split but not in the table"):
        predict(
            None,
            table,
            membership,
            features={"numeric": ["a"]},
            label="a",
            task=None,
            positive=None,
            threshold=None,
            parts=None,
            slice_columns=[],
        )
