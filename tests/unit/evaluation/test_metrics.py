from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from restrike.evaluation import metrics, resampling
from restrike.evaluation.errors import MetricError
from restrike.evaluation.sample import Sample, Target

BINARY = ("no", "yes")
COUNTED = [name for name, metric in metrics.TABLE.items() if metric.task != "regression"]
MEASURED = [name for name, metric in metrics.TABLE.items() if metric.task == "regression"]


def classified(seed: int, classes: tuple[Any, ...], rows: int = 60, ties: bool = False) -> Sample:
    random = np.random.default_rng(seed)
    names = np.array(classes)
    raw = random.random((rows, len(classes)))
    chances = np.round(raw, 1) + 0.1 if ties else raw + 0.01
    chances /= chances.sum(axis=1, keepdims=True)
    truth = names[[random.choice(len(classes), p=row) for row in chances]]
    target = Target("classification", classes, classes[1] if len(classes) == 2 else None, "probability")
    score = chances[:, 1] if len(classes) == 2 else None
    return Sample(target, truth, names[chances.argmax(axis=1)], score, chances)


def regressed(seed: int, rows: int = 60) -> Sample:
    random = np.random.default_rng(seed)
    truth = random.normal(50, 10, rows)
    return Sample(Target("regression"), truth, truth + random.normal(0, 3, rows))


def ours(name: str, sample: Sample) -> float | None:
    return metrics.value(metrics.named(name), sample).value


def test_two_classes_as_a_person_calls_scikit_learn() -> None:
    sample = classified(1, BINARY)
    truth, said, score = sample.truth, sample.prediction, sample.score
    expected = {
        "accuracy": sk.accuracy_score(truth, said),
        "balanced_accuracy": sk.balanced_accuracy_score(truth, said),
        "precision": sk.precision_score(truth, said, pos_label="yes"),
        "recall": sk.recall_score(truth, said, pos_label="yes"),
        "f1": sk.f1_score(truth, said, pos_label="yes"),
        "f1_macro": sk.f1_score(truth, said, average="macro"),
        "jaccard": sk.jaccard_score(truth, said, pos_label="yes"),
        "matthews_corrcoef": sk.matthews_corrcoef(truth, said),
        "mcc": sk.matthews_corrcoef(truth, said),
        "cohen_kappa": sk.cohen_kappa_score(truth, said),
        "roc_auc": sk.roc_auc_score(truth, score),
        "average_precision": sk.average_precision_score(truth, score, pos_label="yes"),
        "log_loss": sk.log_loss(truth, sample.probabilities),
        "neg_log_loss": -sk.log_loss(truth, sample.probabilities),
        "brier_score": sk.brier_score_loss(truth, score, pos_label="yes"),
    }
    assert {name: ours(name, sample) for name in expected} == expected


def test_several_classes_as_a_person_calls_scikit_learn() -> None:
    sample = classified(2, (1, 2, 3))
    truth, said, chances = sample.truth, sample.prediction, sample.probabilities
    expected = {
        "accuracy": sk.accuracy_score(truth, said),
        "recall": sk.recall_score(truth, said, average="macro"),
        "precision_weighted": sk.precision_score(truth, said, average="weighted"),
        "f1_micro": sk.f1_score(truth, said, average="micro"),
        "roc_auc": sk.roc_auc_score(truth, chances, multi_class="ovr"),
        "roc_auc_ovo": sk.roc_auc_score(truth, chances, multi_class="ovo"),
        "roc_auc_ovr_weighted": sk.roc_auc_score(truth, chances, multi_class="ovr", average="weighted"),
        "average_precision": sk.average_precision_score(truth, chances),
        "log_loss": sk.log_loss(truth, chances),
    }
    assert {name: ours(name, sample) for name in expected} == expected


def test_regression_as_a_person_calls_scikit_learn() -> None:
    sample = regressed(3)
    truth, said = sample.truth, sample.prediction
    expected = {
        "r2": sk.r2_score(truth, said),
        "rmse": sk.root_mean_squared_error(truth, said),
        "mae": sk.mean_absolute_error(truth, said),
        "mse": sk.mean_squared_error(truth, said),
        "mape": sk.mean_absolute_percentage_error(truth, said),
        "median_absolute_error": sk.median_absolute_error(truth, said),
        "max_error": sk.max_error(truth, said),
        "explained_variance": sk.explained_variance_score(truth, said),
        "neg_root_mean_squared_error": -sk.root_mean_squared_error(truth, said),
    }
    assert {name: ours(name, sample) for name in expected} == expected


@pytest.mark.parametrize("name", COUNTED)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), many=st.booleans(), ties=st.booleans(), rows=st.integers(4, 40))
def test_the_fast_form_agrees_with_scikit_learn(name: str, seed: int, many: bool, ties: bool, rows: int) -> None:
    metric = metrics.named(name)
    if many and metric.task == "two classes":
        return
    agree(metric, classified(seed, (1, 2, 3) if many else BINARY, rows, ties), seed)


@pytest.mark.parametrize("name", MEASURED)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(2, 40))
def test_the_fast_form_agrees_with_scikit_learn_in_regression(name: str, seed: int, rows: int) -> None:
    agree(metrics.named(name), regressed(seed, rows), seed)


def test_log_loss_from_the_positive_score_alone() -> None:
    whole = classified(8, BINARY)
    bare = Sample(whole.target, whole.truth, whole.prediction, whole.score)
    agree(metrics.named("log_loss"), bare, 1)
    assert ours("log_loss", bare) == pytest.approx(sk.log_loss(whole.truth, whole.score), rel=1e-15)


def agree(metric: metrics.Metric, sample: Sample, seed: int) -> None:
    """The form on whole-number weights equals scikit-learn on the rows repeated."""
    weights = np.random.default_rng(seed).integers(0, 4, (3, len(sample))).astype(float)
    weights[0] = 1
    form = resampling.weighted(metric, sample)
    for row, found in zip(weights, form(weights), strict=True):
        repeated = sample.take(np.repeat(np.arange(len(sample)), row.astype(int)))
        expected = metrics.value(metric, repeated).value
        if metrics.undefined(metric, sample) is not None or expected is None:
            continue  # what is undefined on these rows is told apart before any form is asked
        assert found == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "truth", "said", "reason"),
    [
        ("accuracy", [], [], "no rows"),
        ("recall", ["no"], ["yes"], "no row is yes"),
        ("precision", ["yes"], ["no"], "no row was predicted as yes"),
        ("f1", ["no"], ["no"], "no row is, or was predicted as, yes"),
        ("roc_auc", ["yes", "yes"], ["yes", "no"], "every row is yes"),
        ("average_precision", ["no"], ["no"], "no row is yes"),
        ("log_loss", ["maybe"], ["no"], "holds a class that the model was not trained on"),
        ("cohen_kappa", ["no"], ["no"], "every row is, and was predicted as, no"),
    ],
)
def test_undefined_is_told_and_warns_of_nothing(name: str, truth: list[str], said: list[str], reason: str) -> None:
    target = Target("classification", BINARY, "yes", "probability")
    score = np.linspace(0, 1, len(truth))
    sample = Sample(
        target, np.array(truth, dtype=object), np.array(said, dtype=object), score, np.stack([1 - score, score], axis=1)
    )
    assert metrics.value(metrics.named(name), sample) == metrics.Value(None, reason)


def test_undefined_in_regression() -> None:
    one = regressed(1, 1)
    assert metrics.value(metrics.named("r2"), one).reason == "a single row"
    flat = Sample(Target("regression"), np.ones(3), np.arange(3.0))
    assert metrics.value(metrics.named("r2"), flat).reason == "all rows have the same truth"


def test_what_scikit_learn_warns_about_is_silent() -> None:
    sample = Sample(Target("classification", (1, 2, 3)), np.array([1, 1, 2]), np.array([1, 3, 3]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in ("precision", "recall", "f1", "balanced_accuracy", "matthews_corrcoef"):
            assert ours(name, sample) is not None


@pytest.mark.parametrize(
    ("name", "message"),
    [("acuracy", "did you mean 'accuracy'"), ("rocauc", "did you mean 'roc_auc'"), ("neg_accuracy", "no metric")],
)
def test_unknown_names(name: str, message: str) -> None:
    with pytest.raises(MetricError, match=message):
        metrics.named(name)


def test_a_metric_must_fit_the_predictions() -> None:
    two = classified(1, BINARY)
    with pytest.raises(MetricError, match="'r2' is for regression, and this is classification"):
        metrics.all_named(["r2"], two.target, two)
    with pytest.raises(MetricError, match="'f1' is for classification"):
        metrics.all_named(["f1"], Target("regression"), regressed(1))
    three = classified(1, (1, 2, 3))
    with pytest.raises(MetricError, match="for two classes, and the label has 3"):
        metrics.all_named(["brier_score"], three.target, three)
    bare = Sample(Target("classification", BINARY, "yes"), two.truth, two.prediction)
    with pytest.raises(MetricError, match="needs scores, and the model gives none"):
        metrics.all_named(["roc_auc"], bare.target, bare)
    decided = Sample(Target("classification", BINARY, "yes", "decision"), two.truth, two.prediction, two.score)
    assert metrics.all_named(["roc_auc"], decided.target, decided)
    with pytest.raises(MetricError, match="only gives decision values"):
        metrics.all_named(["log_loss"], decided.target, decided)


def test_a_metric_of_ones_own() -> None:
    sample = regressed(4)
    metric = metrics.named({"use": "sklearn.metrics:mean_pinball_loss", "params": {"alpha": 0.1}, "name": "pinball"})
    assert metric.name == "pinball"
    assert metrics.value(metric, sample).value == sk.mean_pinball_loss(sample.truth, sample.prediction, alpha=0.1)
    with pytest.raises(MetricError, match="no function 'mean_pinbal_loss' \\(did you mean 'mean_pinball_loss'"):
        metrics.load(metrics.named({"use": "sklearn.metrics:mean_pinbal_loss"}))
    with pytest.raises(MetricError, match="no module 'nowhere'"):
        metrics.load(metrics.named({"use": "nowhere:f"}))


def test_the_other_class_can_be_the_positive_one() -> None:
    sample = classified(5, BINARY)
    other = Sample(
        Target("classification", BINARY, "no", "probability"),
        sample.truth,
        sample.prediction,
        sample.probabilities[:, 0],
        sample.probabilities,
    )
    assert ours("recall", other) == sk.recall_score(sample.truth, sample.prediction, pos_label="no")
    assert ours("roc_auc", other) == sk.roc_auc_score(sample.truth == "no", sample.probabilities[:, 0])
    assert ours("log_loss", other) == ours("log_loss", sample)
