"""Fitted scikit-learn models: one content whatever the process, the pickle and the predictions made with them."""

from __future__ import annotations

import copy
import pickle
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.impute import SimpleImputer
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import ElasticNet, LogisticRegression, Ridge, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from restrike.codecs import CannotStore, content_digest, decode, encode

ROWS = np.random.RandomState(0).rand(120, 5)
LABELS = (ROWS[:, 0] + ROWS[:, 1] > 1).astype(int)
DOCUMENTS = [f"word{i % 7} and the other{i % 3} thing" for i in range(120)]

MODELS = {
    "logistic": LogisticRegression(),
    "ridge": Ridge(),
    "elastic net": ElasticNet(alpha=0.01),
    "gradient descent": SGDClassifier(random_state=0),
    "support vectors": SVC(),
    "linear support vectors": LinearSVC(random_state=0),
    "tree": DecisionTreeClassifier(random_state=0),
    "forest": RandomForestClassifier(10, random_state=np.random.RandomState(0)),
    "boosting": GradientBoostingClassifier(n_estimators=5, random_state=0),
    "histogram boosting": HistGradientBoostingClassifier(max_iter=5, random_state=0),
    "neighbours in a tree": KNeighborsClassifier(algorithm="kd_tree"),
    "neighbours in balls": KNeighborsClassifier(algorithm="ball_tree"),
    "perceptron": MLPClassifier((4,), max_iter=300, tol=0.1, random_state=0),
    "bayes": GaussianNB(),
    "process": GaussianProcessRegressor(optimizer=None, random_state=0),
    "clusters": KMeans(2, n_init=1, random_state=0),
    "components": PCA(2, random_state=0),
    "pipeline": make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()),
    "columns": make_pipeline(
        ColumnTransformer([("n", StandardScaler(), [0, 1]), ("c", OneHotEncoder(handle_unknown="ignore"), [2])]),
        LogisticRegression(),
    ),
    "stack": StackingClassifier([("a", GaussianNB()), ("b", DecisionTreeClassifier(random_state=0))], cv=2),
    "vote": VotingClassifier([("a", GaussianNB()), ("b", LogisticRegression())]),
    "search": GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2),
    "function": make_pipeline(FunctionTransformer(np.log1p), LogisticRegression()),
}


def fitted(model: Any) -> Any:
    return copy.deepcopy(model).fit(ROWS, LABELS)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_the_same_fitted_again_pickled_and_used(name: str) -> None:
    model = fitted(MODELS[name])
    first = content_digest(model)
    assert content_digest(fitted(MODELS[name])) == first
    assert content_digest(pickle.loads(pickle.dumps(model)))[:2] == first[:2]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (model.predict if hasattr(model, "predict") else model.transform)(ROWS)
        model._repr_html_()
    assert content_digest(model) == first


@pytest.mark.parametrize("name", MODELS)
def test_a_model_fitted_on_one_changed_row_differs(name: str) -> None:
    rows = ROWS.copy()
    rows[3] = [0.9, 0.1, 0.2, 0.9, 0.1]
    other = copy.deepcopy(MODELS[name]).fit(rows, LABELS)
    assert content_digest(fitted(MODELS[name]))[0] != content_digest(other)[0]


def test_isotonic_regression_with_its_interpolator() -> None:
    model = IsotonicRegression().fit(ROWS[:, 0], LABELS)
    assert content_digest(pickle.loads(pickle.dumps(model))) == content_digest(model)


def test_the_timings_of_a_grid_search_are_left_out_and_named() -> None:
    one, other = fitted(MODELS["search"]), fitted(MODELS["search"])
    other.refit_time_ += 1
    other.cv_results_["mean_fit_time"] = other.cv_results_["mean_fit_time"] + 1
    digest, _, left_out = content_digest(one)
    assert content_digest(other)[0] == digest
    assert "GridSearchCV.refit_time_" in left_out
    assert "GridSearchCV.cv_results_['mean_fit_time']" in left_out
    other.cv_results_["mean_test_score"][0] += 1e-9
    assert content_digest(other)[0] != digest


def test_a_dictionary_with_such_keys_is_no_grid_search() -> None:
    assert content_digest({"refit_time_": 1})[0] != content_digest({"refit_time_": 2})[0]


def test_the_version_of_scikit_learn_is_not_part_of_a_model() -> None:
    model = fitted(MODELS["logistic"])
    before = content_digest(model)
    assert "_sklearn_version" in model.__getstate__()
    type(model).__getstate__, kept = lambda self: {**vars(self), "_sklearn_version": "0.0"}, type(model).__getstate__
    try:
        assert content_digest(model) == before
    finally:
        type(model).__getstate__ = kept


@pytest.mark.parametrize("vectorizer", [CountVectorizer, TfidfVectorizer])
@pytest.mark.parametrize("stop_words", [None, "english", ["and", "the"]])
def test_text_models_keep_no_address(vectorizer: Any, stop_words: Any, tmp_path: Path) -> None:
    model = make_pipeline(vectorizer(stop_words=stop_words), TruncatedSVD(2, random_state=0), LogisticRegression())
    model.fit(DOCUMENTS, LABELS)
    address = model.steps[0][1]._stop_words_id
    made = encode(model, tmp_path, "model")
    assert made.codec == "sklearn/pickle@1"
    assert made.executes_code
    back = decode(tmp_path / "model", made.codec)
    assert not hasattr(back.steps[0][1], "_stop_words_id")
    assert model.steps[0][1]._stop_words_id == address
    assert content_digest(back)[0] == made.content
    assert np.array_equal(back.predict_proba(DOCUMENTS), model.predict_proba(DOCUMENTS))


IN_ANOTHER_PROCESS = """
import hashlib, pathlib, sys, tempfile
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from restrike.codecs import encode
documents = [f"word{i % 7} and the other{i % 3} thing" for i in range(60)]
model = make_pipeline(TfidfVectorizer(stop_words=["and", "the"]), LogisticRegression()).fit(documents, [0, 1] * 30)
folder = pathlib.Path(tempfile.mkdtemp())
made = encode(model, folder, "model")
print(made.content, made.input, hashlib.sha256((folder / "model").read_bytes()).hexdigest())
"""


def test_two_processes_agree_on_content_and_bytes(in_fresh_process: Any) -> None:
    assert in_fresh_process(IN_ANOTHER_PROCESS, "1") == in_fresh_process(IN_ANOTHER_PROCESS, "2")


def test_what_cannot_be_pickled_is_named(tmp_path: Path) -> None:
    model = make_pipeline(FunctionTransformer(lambda rows: rows + 1), LogisticRegression()).fit(ROWS, LABELS)
    with pytest.raises(CannotStore) as caught:
        encode(model, tmp_path, "model")
    assert "'model.steps[0][1].func' (a function) cannot be pickled" in caught.value.what
    assert "0x" not in caught.value.what
    assert list(tmp_path.iterdir()) == []


def test_a_changed_function_in_a_model_changes_the_model() -> None:
    one, other = (FunctionTransformer(function) for function in (lambda rows: rows + 1, lambda rows: rows + 2))
    assert content_digest(one)[0] != content_digest(other)[0]


def test_digests_of_estimators_take_milliseconds() -> None:
    for name in ("logistic", "pipeline", "columns", "search"):
        model = fitted(MODELS[name])
        content_digest(model)
        begun = time.process_time()
        content_digest(model)
        assert time.process_time() - begun < 0.05, name
