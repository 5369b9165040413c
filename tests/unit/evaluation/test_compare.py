from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restrike.evaluation import compare, metrics
from restrike.evaluation.sample import Sample, Target

TARGET = Target("classification", (0, 1), 1, "probability")


def exact(lost: int, gained: int) -> float:
    changed = lost + gained
    return sum(comb(changed, count) for count in range(lost, changed + 1)) / 2**changed


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_the_binomial_tail(lost: int, gained: int) -> None:
    assert compare.mcnemar(lost, gained) == pytest.approx(exact(lost, gained), abs=1e-12)


def test_mcnemar_of_many_rows() -> None:
    assert compare.mcnemar(500_000, 500_000) == pytest.approx(0.5, abs=1e-3)
    assert compare.mcnemar(501_500, 498_500) == pytest.approx(0.00135, rel=0.02)
    assert compare.mcnemar(498_500, 501_500) == pytest.approx(1 - 0.00135, rel=0.02)


def test_holm() -> None:
    assert compare.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert compare.holm([]) == []
    assert compare.holm([0.9, 0.8]) == [1.0, 1.0]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_keeps_the_order_and_only_raises(chances: list[float]) -> None:
    corrected = compare.holm(chances)
    assert all(raised >= chance for raised, chance in zip(corrected, chances, strict=True))
    order = sorted(range(len(chances)), key=lambda position: chances[position])
    assert [corrected[position] for position in order] == sorted(corrected)


def models(rows: int, lost: int, gained: int) -> tuple[Sample, Sample]:
    truth = np.ones(rows, dtype=int)
    ours, theirs = truth.copy(), truth.copy()
    ours[:lost] = 0
    theirs[lost : lost + gained] = 0
    return Sample(TARGET, truth, ours), Sample(TARGET, truth, theirs)


def test_accuracy_by_mcnemar() -> None:
    ours, theirs = models(500, 30, 10)
    change = compare.paired(metrics.named("accuracy"), ours, theirs, comparisons=1, seed=0, purpose=["test"])
    assert (change.ours, change.theirs, change.change) == (0.94, 0.98, pytest.approx(-0.04))
    assert change.p == pytest.approx(exact(30, 10))
    assert change.low < -0.04 < change.high < 0
    assert compare.rows_needed(change, 0.02) > 500
    assert compare.rows_needed(change, 0.0) is None


def test_recall_looks_at_positive_rows_alone() -> None:
    ours, theirs = models(100, 6, 2)
    truth = np.concatenate([np.ones(100, dtype=int), np.zeros(300, dtype=int)])
    ours = Sample(TARGET, truth, np.concatenate([ours.prediction, np.ones(300, dtype=int)]))
    theirs = Sample(TARGET, truth, np.concatenate([theirs.prediction, np.zeros(300, dtype=int)]))
    change = compare.paired(metrics.named("recall"), ours, theirs, comparisons=1, seed=0, purpose=["test"])
    assert (change.rows, change.test) == (100, "exact McNemar")
    assert change.change == pytest.approx(-0.04)


@pytest.mark.parametrize(("name", "better"), [("roc_auc", True), ("log_loss", True), ("f1", False)])
def test_other_metrics_by_paired_bootstrap(name: str, better: bool) -> None:
    random = np.random.default_rng(1)
    truth = random.integers(0, 2, 400)
    sharp = np.clip(truth * 0.6 + random.random(400) * 0.4, 0.01, 0.99)
    dull = np.clip(truth * 0.2 + random.random(400) * 0.8, 0.01, 0.99)
    good, bad = (
        Sample(TARGET, truth, (score > 0.5).astype(int), score, np.stack([1 - score, score], axis=1))
        for score in (sharp, dull)
    )
    metric = metrics.named(name)
    up = compare.paired(metric, good, bad, comparisons=20, seed=0, purpose=["test"])
    down = compare.paired(metric, bad, good, comparisons=20, seed=0, purpose=["test"])
    assert up.change > 0 > down.change
    assert up.low > 0
    assert up.p == 1.0
    assert down.p < compare.ALPHA / 20
    assert up.ours == pytest.approx(metrics.value(metric, good).value)


def test_same_predictions_are_told_bit_by_bit() -> None:
    truth = np.array([0, 1])
    a = Sample(TARGET, truth, truth, np.array([0.1, 0.9]))
    b = Sample(TARGET, truth, truth, np.array([0.1, np.nextafter(0.9, 1)]))
    assert compare.same_predictions(metrics.named("accuracy"), a, b)
    assert not compare.same_predictions(metrics.named("roc_auc"), a, b)
