"""A plain scikit-learn script with the same split gives the same numbers to the last digit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
from sklearn import metrics
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import ElasticNet, LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def values(done: Any, part: str) -> dict[str, float]:
    return {name: entry["value"] for name, entry in done["evaluate.metrics"][part].items()}


def same_split(done: Any, frame: pandas.DataFrame) -> dict[str, pandas.DataFrame]:
    """The script's own frame, divided as the run did, by key: rows of the load step are in the file's order."""
    keys = pandas.Index(done["load.table"].index)
    membership = done["split.membership"]
    return {
        part: frame.iloc[keys.get_indexer(membership["key"][membership["part"] == part])]
        for part in membership["part"].unique()
    }


def test_diabetes(execute: Any, diabetes: dict[str, Any]) -> None:
    done = execute(
        diabetes["training"],
        diabetes["evaluate"],
        {"patients": diabetes["file"]},
        reads={"patients": diabetes["read"]},
    )

    frame = pandas.read_csv(diabetes["file"], header=None, names=diabetes["read"]["columns"])
    features = ["pregnancies", "glucose", "pressure", "bmi", "pedigree", "age"]
    parts = same_split(done, frame)
    numeric = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    model = Pipeline(
        [
            ("preprocess", ColumnTransformer([("numeric", numeric, features)])),
            ("train", LogisticRegression(C=1.0, max_iter=500)),
        ]
    ).fit(parts["train"][features], parts["train"]["diabetic"])
    for part in ("eval", "test"):
        rows, truth = parts[part][features], parts[part]["diabetic"]
        assert values(done, part) == {
            "accuracy": metrics.accuracy_score(truth, model.predict(rows)),
            "roc_auc": metrics.roc_auc_score(truth, model.predict_proba(rows)[:, 1]),
            "recall": metrics.recall_score(truth, model.predict(rows)),
            "log_loss": metrics.log_loss(truth, model.predict_proba(rows)),
        }
    old = parts["test"][parts["test"]["age"] > 50]
    over_50 = next(item for item in done["evaluate.slices"] if (item["slice"], item["part"]) == ("over_50", "test"))
    assert over_50["n"] == len(old)
    assert over_50["metrics"]["accuracy"]["value"] == metrics.accuracy_score(
        old["diabetic"], model.predict(old[features])
    )


def test_wine_quality_as_published(execute: Any, examples: Path) -> None:
    """The figures that MLflow's example publishes for its own script; its last digits vary by machine and version."""
    file = examples / "wine" / "data" / "wine-quality.csv"
    features = [name for name in pandas.read_csv(file, nrows=0).columns if name != "quality"]
    training = {
        "train_on": "wine",
        "features": {"numeric": features},
        "label": "quality",
        "split": {"method": "random", "fractions": {"train": 0.75, "test": 0.25}},
        "train": {
            "use": "sklearn.linear_model:ElasticNet",
            "params": {"alpha": 0.5, "l1_ratio": 0.5, "random_state": 42},
        },
    }
    done = execute(training, {"metrics": ["rmse", "mae", "r2"]}, {"wine": file}, seed=40)

    train, test = train_test_split(pandas.read_csv(file), test_size=0.25, random_state=40)
    model = ElasticNet(alpha=0.5, l1_ratio=0.5, random_state=42).fit(train[features], train["quality"])
    said, truth = model.predict(test[features]), test["quality"]
    assert values(done, "test") == {
        "rmse": metrics.root_mean_squared_error(truth, said),
        "mae": metrics.mean_absolute_error(truth, said),
        "r2": metrics.r2_score(truth, said),
    }
    published = {"rmse": 0.82224284975954, "mae": 0.627876141016069, "r2": 0.126787219722727}
    assert values(done, "test") == pytest.approx(published, rel=1e-10)


def test_titanic(execute: Any, examples: Path) -> None:
    file = examples / "titanic" / "data" / "titanic-train.csv"
    numeric, categorical = ["Age", "Fare", "SibSp"], ["Sex", "Pclass", "Embarked"]
    training = {
        "train_on": "passengers",
        "features": {"numeric": numeric, "categorical": categorical},
        "label": "Survived",
        "split": {"method": "hash", "fractions": {"train": 0.8, "test": 0.2}, "key": "PassengerId", "salt": "t"},
        "preprocess": {
            "numeric": [{"use": "sklearn.impute:SimpleImputer"}],
            "categorical": [{"use": "sklearn.preprocessing:OneHotEncoder", "params": {"handle_unknown": "ignore"}}],
        },
        "train": {
            "use": "sklearn.ensemble:RandomForestClassifier",
            "params": {"n_estimators": 30, "random_state": 5, "n_jobs": 2},
        },
    }
    evaluate = {
        "metrics": ["accuracy", "roc_auc", "f1", "average_precision"],
        "slices": [{"by": "Sex"}, {"by": "Pclass"}],
    }
    done = execute(training, evaluate, {"passengers": file})

    parts = same_split(done, pandas.read_csv(file))
    model = Pipeline(
        [
            (
                "preprocess",
                ColumnTransformer(
                    [
                        ("categorical", make_pipeline(OneHotEncoder(handle_unknown="ignore")), categorical),
                        ("numeric", make_pipeline(SimpleImputer()), numeric),
                    ]
                ),
            ),
            ("train", RandomForestClassifier(n_estimators=30, random_state=5)),
        ]
    ).fit(parts["train"][numeric + categorical], parts["train"]["Survived"])
    rows, truth = parts["test"][numeric + categorical], parts["test"]["Survived"]
    score = model.predict_proba(rows)[:, 1]
    assert values(done, "test") == {
        "accuracy": metrics.accuracy_score(truth, model.predict(rows)),
        "roc_auc": metrics.roc_auc_score(truth, score),
        "f1": metrics.f1_score(truth, model.predict(rows)),
        "average_precision": metrics.average_precision_score(truth, score),
    }
    assert done["load.table"].loc[:, "PassengerId"].astype(str).tolist() == list(done["load.table"].index)
    women = parts["test"][parts["test"]["Sex"] == "female"]
    found = next(item for item in done["evaluate.slices"] if item["slice"] == "Sex = female")
    assert found["metrics"]["accuracy"]["value"] == metrics.accuracy_score(
        women["Survived"], model.predict(women[numeric + categorical])
    )
    assert [item["slice"] for item in done["evaluate.slices"]] == [
        "Sex = female",
        "Sex = male",
        "Pclass = 1",
        "Pclass = 2",
        "Pclass = 3",
    ]


def test_text_with_stratified_split_and_text_classes(execute: Any, tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    words = np.array(["free", "win", "prize", "call", "now", "home", "later", "meeting", "lunch", "thanks"])
    spam = random.random(400) < 0.3
    texts = [
        " ".join(random.choice(words, 6, p=np.array([3, 3, 3, 3, 2, 1, 1, 1, 1, 1]) / 19 if bad else None))
        for bad in spam
    ]
    frame = pandas.DataFrame({"message": texts, "kind": np.where(spam, "spam", "ham")})
    file = tmp_path / "messages.tsv"
    frame.to_csv(file, sep="\t", index=False)
    training = {
        "train_on": "messages",
        "features": {"text": ["message"]},
        "label": "kind",
        "split": {"method": "stratified", "fractions": {"train": 0.5, "valid": 0.2, "test": 0.3}},
        "preprocess": {"text": [{"use": "sklearn.feature_extraction.text:CountVectorizer"}]},
        "train": {"use": "sklearn.naive_bayes:MultinomialNB"},
    }
    done = execute(training, {"metrics": ["accuracy", "precision", "roc_auc", "log_loss"]}, {"messages": file}, seed=1)

    frame = pandas.read_csv(file, sep="\t")
    rest, test = train_test_split(frame, test_size=0.3, random_state=1, stratify=frame["kind"])
    train, valid = train_test_split(rest, test_size=0.2 / (0.5 + 0.2), random_state=1, stratify=rest["kind"])
    model = make_pipeline(CountVectorizer(), MultinomialNB()).fit(train["message"], train["kind"])
    for part, rows in (("valid", valid), ("test", test)):
        chances = model.predict_proba(rows["message"])
        assert values(done, part) == {
            "accuracy": metrics.accuracy_score(rows["kind"], model.predict(rows["message"])),
            "precision": metrics.precision_score(rows["kind"], model.predict(rows["message"]), pos_label="spam"),
            "roc_auc": metrics.roc_auc_score(rows["kind"], chances[:, 1]),
            "log_loss": metrics.log_loss(rows["kind"], chances),
        }


def test_spam_as_published(execute: Any, examples: Path) -> None:
    """The figures of a PyCon 2016 tutorial: `train_test_split` with `random_state=1`, counts of words, naive Bayes."""
    training = {
        "train_on": "messages",
        "features": {"text": ["message"]},
        "label": "label",
        "split": {"method": "random", "fractions": {"train": 0.75, "test": 0.25}},
        "preprocess": {"text": [{"use": "sklearn.feature_extraction.text:CountVectorizer"}]},
        "train": {"use": "sklearn.naive_bayes:MultinomialNB"},
    }
    done = execute(
        training,
        {"metrics": ["accuracy", "roc_auc"]},
        {"messages": examples / "spam" / "data" / "sms.tsv"},
        reads={"messages": {"header": False, "columns": ["label", "message"]}},
        seed=1,
    )
    published = {"accuracy": 0.98851399856424982, "roc_auc": 0.98664310005369604}
    assert values(done, "test") == pytest.approx(published, rel=1e-15)
    table = done["predict.predictions"]
    confusion = metrics.confusion_matrix(table["truth"], table["prediction"])
    assert confusion.tolist() == [[1203, 5], [11, 174]]


def test_the_order_of_keys_in_a_mapping_changes_nothing(execute: Any, examples: Path) -> None:
    """A recipe sorts keys, so two orders are one recipe; then they must be one result too."""
    training: dict[str, Any] = {
        "train_on": "passengers",
        "features": {"numeric": ["Age", "Fare"], "categorical": ["Sex", "Pclass"], "passthrough": ["SibSp"]},
        "label": "Survived",
        "split": {"method": "random", "fractions": {"test": 0.2, "valid": 0.1, "train": 0.7}},
        "preprocess": {
            "numeric": [{"use": "sklearn.impute:SimpleImputer"}, {"use": "sklearn.preprocessing:StandardScaler"}],
            "categorical": [{"use": "sklearn.preprocessing:OneHotEncoder"}],
        },
        "train": {"use": "sklearn.linear_model:LogisticRegression"},
    }
    evaluate = {"metrics": ["log_loss"], "slices": [{"by": "Sex"}]}
    files = {"passengers": examples / "titanic" / "data" / "titanic-train.csv"}
    for method in ("random", "hash"):
        training["split"]["method"] = method
        declared = execute(training, evaluate, files)
        turned = execute(backwards(training), backwards(evaluate), files)
        assert declared.bytes == turned.bytes


def backwards(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: backwards(item) for key, item in reversed(value.items())}
    return [backwards(item) for item in value] if isinstance(value, list) else value


def test_run_again_gives_the_same_bytes(execute: Any, diabetes: dict[str, Any]) -> None:
    arguments = (diabetes["training"], diabetes["evaluate"], {"patients": diabetes["file"]})
    first = execute(*arguments, reads={"patients": diabetes["read"]})
    second = execute(*arguments, reads={"patients": diabetes["read"]})
    assert first.bytes == second.bytes
    assert set(first.bytes) == {
        "load.table",
        "split.membership",
        "train.model",
        "predict.predictions",
        "predict.target",
        "evaluate.metrics",
        "evaluate.slices",
    }
