from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from typing import Any

import joblib
import pytest

from restrike.training import components, model
from restrike.training.errors import ComponentError


class Base:
    def __init__(self, depth: int = 3, random_state: int | None = None, **other: Any):
        self.depth, self.random_state, self.other = depth, random_state, other


class Booster(Base):
    """Hands its parameters up, as gradient boosting libraries do."""

    def __init__(self, *, objective: str = "x", **kwargs: Any):
        super().__init__(**kwargs)
        self.objective = objective


class Strict:
    def __init__(self, alpha: float, seed: int = 0):
        if alpha < 0:
            raise ValueError("alpha must not be negative")
        self.alpha, self.seed = alpha, seed


class Bare:
    pass


@pytest.fixture(autouse=True)
def own_module() -> Iterator[None]:
    module = types.ModuleType("own_components")
    vars(module).update({"Booster": Booster, "Strict": Strict, "Bare": Bare, "number": 3})
    sys.modules["own_components"] = module
    yield
    del sys.modules["own_components"]


def build(use: str, **params: Any) -> Any:
    return components.build({"use": use, "params": params}, 42)


def test_the_seed_goes_where_the_signature_has_room() -> None:
    assert build("sklearn.linear_model:LogisticRegression").random_state == 42
    assert build("sklearn.linear_model:LogisticRegression", random_state=5).random_state == 5
    assert build("sklearn.linear_model:LogisticRegression", random_state=None).random_state is None
    assert build("own_components:Strict", alpha=1).seed == 42
    assert build("own_components:Booster").random_state == 42
    assert not hasattr(build("sklearn.linear_model:LinearRegression"), "random_state")


def test_components_in_components() -> None:
    bagging = build(
        "sklearn.ensemble:BaggingClassifier",
        estimator={"use": "sklearn.tree:DecisionTreeClassifier", "params": {"max_depth": 2}},
    )
    assert (bagging.random_state, bagging.estimator.random_state, bagging.estimator.max_depth) == (42, 42, 2)
    voting = build(
        "sklearn.ensemble:VotingClassifier",
        estimators=[
            ["tree", {"use": "sklearn.tree:DecisionTreeClassifier"}],
            ["line", {"use": "sklearn.linear_model:LogisticRegression", "params": {"C": 2.0}}],
        ],
    )
    assert voting.get_params()["tree__random_state"] == 42
    assert voting.get_params()["line__C"] == 2.0
    logarithm = build("sklearn.preprocessing:FunctionTransformer", func={"use": "numpy:log1p"})
    assert logarithm.transform([[0.0]]) == [[0.0]]


@pytest.mark.parametrize(
    ("use", "params", "message"),
    [
        ("sklearn.linear_model:LogisticRegresion", {}, "did you mean 'LogisticRegression'"),
        ("sklearn.linear_models:LogisticRegression", {}, "no module 'linear_models' in 'sklearn' \\(did you mean"),
        ("xgbost:XGBClassifier", {}, "package 'xgbost' is not installed in the project's environment"),
        ("sklearn.linear_model:LogisticRegression", {"c": 1}, "no parameter 'c'"),
        (
            "sklearn.linear_model:LogisticRegression",
            {"max_itr": 1},
            "no parameter 'max_itr' \\(did you mean 'max_iter'",
        ),
        (
            "sklearn.linear_model:LogisticRegression",
            {"penality": 1},
            "'sklearn.linear_model:LogisticRegression' has no",
        ),
        ("own_components:Bare", {"x": 1}, "'own_components:Bare' has no parameter 'x'"),
        ("own_components:Strict", {"alpha": -1}, "cannot be built with alpha=-1: alpha must not be negative"),
        ("own_components:Strict", {}, "cannot be built with no parameters: .*missing 1 required"),
        ("own_components:number", {}, "is a int, not something to build"),
    ],
)
def test_refused(use: str, params: dict[str, Any], message: str) -> None:
    with pytest.raises(ComponentError, match=message):
        build(use, **params)


def test_a_module_that_lacks_something_itself_keeps_its_own_error(tmp_path: Any, monkeypatch: Any) -> None:
    (tmp_path / "needs_more.py").write_text("import not_there_at_all\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="not_there_at_all"):
        build("needs_more:Thing")


def test_unknown_names_pass_where_the_constructor_takes_any() -> None:
    assert build("own_components:Booster", depth=5, extra=1).other == {"extra": 1}


def test_what_is_no_estimator_or_transformer() -> None:
    features = {"numeric": ["a"]}
    with pytest.raises(ComponentError, match="StandardScaler' is not an estimator"):
        model.assemble(features, {}, {"use": "sklearn.preprocessing:StandardScaler"}, 1)
    preprocess = {"numeric": [{"use": "sklearn.linear_model:LinearRegression"}]}
    with pytest.raises(ComponentError, match="is not a transformer"):
        model.assemble(features, preprocess, {"use": "sklearn.linear_model:LinearRegression"}, 1)


def test_the_pipeline_is_what_a_person_would_write() -> None:
    groups = {"numeric": ["a", "b"], "text": ["t", "u"], "raw": ["c"]}
    preprocess = {
        "numeric": [{"use": "sklearn.preprocessing:StandardScaler"}],
        "text": [{"use": "sklearn.feature_extraction.text:TfidfVectorizer"}],
        "raw": "passthrough",
    }
    built = model.assemble(groups, preprocess, {"use": "sklearn.linear_model:LogisticRegression"}, 1)
    assert [name for name, _ in built.steps] == ["preprocess", "train"]
    columns = [(name, column) for name, _, column in built.named_steps["preprocess"].transformers]
    assert columns == [("numeric", ["a", "b"]), ("raw", ["c"]), ("text_t", "t"), ("text_u", "u")]
    plain = model.assemble(groups, {}, {"use": "sklearn.linear_model:LogisticRegression"}, 1)
    assert [name for name, _ in plain.steps] == ["train"]


def test_forests_use_the_threads_of_the_run_and_forget_them(monkeypatch: Any) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    forest = model.assemble({}, {}, {"use": "sklearn.ensemble:RandomForestRegressor"}, 1)
    with model.parallel_fit(forest):
        assert forest.steps[-1][1].n_jobs == 3
    assert forest.steps[-1][1].n_jobs is None
    own = model.assemble({}, {}, {"use": "sklearn.ensemble:RandomForestRegressor", "params": {"n_jobs": 2}}, 1)
    with model.parallel_fit(own):
        assert own.steps[-1][1].n_jobs == 2
    line = model.assemble({}, {}, {"use": "sklearn.linear_model:LinearRegression"}, 1)
    with model.parallel_fit(line):
        assert line.steps[-1][1].n_jobs is None


def test_prediction_is_serial_at_any_depth() -> None:
    from sklearn.datasets import make_regression

    rows, truth = make_regression(60, 4, random_state=1)
    forest = {"use": "sklearn.ensemble:RandomForestRegressor", "params": {"n_estimators": 4, "n_jobs": 2}}
    params = {"estimators": [["forest", forest]], "n_jobs": 2}
    voting = model.assemble({}, {}, {"use": "sklearn.ensemble:VotingRegressor", "params": params}, 1)
    with joblib.parallel_config(backend="threading"):  # processes would only make the test slow
        voting.fit(rows, truth)
    model.make_serial(voting)
    final = voting.steps[-1][1]
    assert (final.n_jobs, final.estimators[0][1].n_jobs, final.estimators_[0].n_jobs) == (1, 1, 1)


def test_what_an_estimator_is_for() -> None:
    from sklearn.linear_model import LinearRegression, LogisticRegression

    class Guess:
        def predict_proba(self) -> None: ...

    class Old:
        _estimator_type = "regressor"

    assert model.task_of(LogisticRegression(), None) == "classification"
    assert model.task_of(LinearRegression(), None) == "regression"
    assert model.task_of(LinearRegression(), "classification") == "classification"
    assert model.task_of(Guess(), None) == "classification"
    assert model.task_of(Old(), None) == "regression"
    with pytest.raises(ComponentError, match="Bare does not say whether"):
        model.task_of(Bare(), None)
