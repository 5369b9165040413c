from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow
import pytest

from restrike.evaluation import gates
from restrike.evaluation.errors import EvaluationError
from restrike.evaluation.report import measure
from restrike.evaluation.results import Results
from restrike.evaluation.sample import Target

TARGET = Target("classification", (0, 1), 1, "probability")
SLICES = [{"by": "group"}]


def results(table: dict[str, Any], metrics: tuple[str, ...] = ("accuracy",), target: Target = TARGET) -> Results:
    found, sliced = measure(table, target, declared=metrics, slices_declared=SLICES, bootstrap={"samples": 200}, seed=1)
    return Results(found, sliced, pyarrow.table(table), target.document(), SLICES, 1)


def predictions(rows: int, right: float, seed: int = 0, groups: int = 4) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    truth = random.integers(0, 2, rows)
    score = np.where(random.random(rows) < right, truth, 1 - truth) * 0.8 + random.random(rows) * 0.2
    return {
        "key": np.array([f"k{row}" for row in range(rows)], dtype=object),
        "part": np.array(["test"] * rows, dtype=object),
        "truth": truth,
        "prediction": (score > 0.5).astype(np.int64),
        "score": score,
        "score_0": 1 - score,
        "group": np.arange(rows) % groups,
    }


def flipped(table: dict[str, Any], rows: Any) -> dict[str, Any]:
    """The same model but for some rows, on which it says the opposite."""
    prediction, score = table["prediction"].copy(), table["score"].copy()
    prediction[rows] = 1 - prediction[rows]
    score[rows] = 1 - score[rows]
    return table | {"prediction": prediction, "score": score, "score_0": 1 - score}


def judge(gate: dict[str, Any], ours: Results, theirs: Results | None = None) -> gates.GateVerdict:
    (found,) = gates.judge([gate], ours, {"champion": theirs})
    return found


def test_absolute() -> None:
    ours = results(predictions(400, 0.9))
    value = ours.metrics["test"]["accuracy"]["value"]
    passed = judge({"metric": "accuracy", "min": 0.5}, ours)
    assert (passed.verdict, passed.blocks, passed.value, passed.limit) == ("passed", False, value, 0.5)
    assert passed.text == "accuracy on test >= 0.5"
    assert passed.detail is None
    failed = judge({"metric": "accuracy", "on": "test", "min": 0.99}, ours)
    assert (failed.verdict, failed.blocks) == ("failed", True)
    below = judge({"metric": "accuracy", "max": 0.5}, ours)
    assert (below.verdict, below.text) == ("failed", "accuracy on test <= 0.5")
    near = judge({"metric": "accuracy", "min": value - 0.001}, ours)
    assert near.verdict == "passed"
    assert "too few rows to be sure" in str(near.detail)


def test_absolute_on_slices_and_on_what_is_undefined() -> None:
    table = predictions(40, 0.9)
    table["truth"] = np.where(table["group"] == 1, 0, table["truth"])
    ours = results(table, ("recall",))
    found = gates.judge([{"metric": "recall", "slices": "all", "min": 0.1}], ours, {})
    assert [verdict.slice for verdict in found] == ["group = 0", "group = 1", "group = 2", "group = 3"]
    assert (found[1].verdict, found[1].blocks, found[1].detail) == ("failed", True, "undefined: no row is 1")


@pytest.mark.parametrize(
    ("gate", "message"),
    [
        ({"metric": "accuracy", "on": "tset", "min": 1}, "part 'tset', which is not evaluated.*did you mean 'test'"),
        ({"metric": "recal", "min": 1}, "metric 'recal', which is not evaluated"),
        ({"metric": "accuracy", "slices": ["group = 9"], "min": 1}, "slice 'group = 9', which does not exist"),
        ({"metric": "acuracy", "against": "champion"}, "there is no metric 'acuracy'"),
    ],
)
def test_what_does_not_exist(gate: dict[str, Any], message: str) -> None:
    ours = results(predictions(40, 0.9))
    with pytest.raises(EvaluationError, match=message):
        judge(gate, ours, ours)


def test_no_baseline_is_no_failure_even_if_strict() -> None:
    found = judge({"metric": "accuracy", "against": "champion", "strict": True}, results(predictions(40, 0.9)))
    assert (found.verdict, found.blocks) == ("no baseline", False)


def test_the_three_verdicts() -> None:
    table = predictions(2000, 0.9)
    theirs = results(table)
    gate = {"metric": "accuracy", "against": "champion", "max_drop": 0.02}
    right = np.flatnonzero(table["prediction"] == table["truth"])
    same = judge(gate, theirs, theirs)
    assert (same.verdict, same.blocks, same.change) == ("EQUIVALENT", False, 0.0)
    assert "bit for bit" in str(same.detail)
    slight = judge(gate, results(flipped(table, right[:10])), theirs)
    assert (slight.verdict, slight.blocks) == ("EQUIVALENT", False)
    assert slight.low > -0.02
    worse = judge(gate, results(flipped(table, right[:100])), theirs)
    assert (worse.verdict, worse.blocks, worse.change) == ("REGRESSED", True, pytest.approx(-0.05))
    few = predictions(120, 0.9)
    right = np.flatnonzero(few["prediction"] == few["truth"])
    unsure = judge(gate, results(flipped(few, right[:3])), results(few))
    assert (unsure.verdict, unsure.blocks) == ("UNDECIDED", False)
    assert unsure.rows_needed > 120
    assert f"{unsure.rows_needed} rows would decide" in str(unsure.detail)
    strict = judge(gate | {"strict": True}, results(flipped(few, right[:3])), results(few))
    assert (strict.verdict, strict.blocks) == ("UNDECIDED", True)


def test_a_significant_loss_within_what_is_allowed_does_not_block() -> None:
    table = predictions(4000, 0.9)
    right = np.flatnonzero(table["prediction"] == table["truth"])
    found = judge(
        {"metric": "accuracy", "against": "champion", "max_drop": 0.05},
        results(flipped(table, right[:100])),
        results(table),
    )
    assert found.p < 0.001
    assert found.verdict == "EQUIVALENT"


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss", "f1", "balanced_accuracy"])
def test_other_metrics_regress_too(metric: str) -> None:
    table = predictions(1500, 0.9)
    right = np.flatnonzero(table["prediction"] == table["truth"])
    ours, theirs = results(flipped(table, right[:200]), (metric,)), results(table, (metric,))
    gate = {"metric": metric, "against": "champion", "max_drop": 0.02}
    assert judge(gate, ours, theirs).verdict == "REGRESSED"
    assert judge(gate, theirs, ours).verdict == "EQUIVALENT"


def test_one_slice_is_found_and_named() -> None:
    table = predictions(4000, 0.9)
    right = np.flatnonzero((table["prediction"] == table["truth"]) & (table["group"] == 2))
    found = gates.judge(
        [{"metric": "accuracy", "slices": "all", "against": "champion"}],
        results(flipped(table, right[:100])),
        {"champion": results(table)},
    )
    assert [verdict.verdict for verdict in found] == ["EQUIVALENT", "EQUIVALENT", "REGRESSED", "EQUIVALENT"]
    assert found[2].text == "accuracy on test, group = 2: no more than 0.02 worse than 'champion'"


def test_only_shared_rows_count() -> None:
    table = predictions(1000, 0.9)
    kept = {name: values[300:] for name, values in table.items()}
    elsewhere = kept | {"part": np.array(["train"] * 100 + ["test"] * 600, dtype=object)}
    gate = {"metric": "accuracy", "against": "champion"}
    assert judge(gate, results(table), results(kept)).rows == 700
    assert judge(gate, results(table), replace(results(kept), predictions=pyarrow.table(elsewhere))).rows == 600
    other = table | {"key": np.array([f"other{row}" for row in range(1000)], dtype=object)}
    lost = judge(gate, results(table), results(other))
    assert (lost.verdict, lost.detail) == ("UNDECIDED", "no row is shared with the baseline")


def test_a_changed_truth_is_told_and_judged_by_ours() -> None:
    table = predictions(500, 0.9)
    relabelled = table | {"truth": np.where(np.arange(500) < 20, 1 - table["truth"], table["truth"])}
    right = np.flatnonzero(table["prediction"] == table["truth"])
    found = judge(
        {"metric": "accuracy", "against": "champion"}, results(flipped(table, right[-3:])), results(relabelled)
    )
    assert "the truth of 20 rows has changed since" in str(found.detail)
    assert found.change == pytest.approx(-3 / 500)


def test_without_rows_values_and_intervals_decide_and_never_call_it_equivalent() -> None:
    def entry(value: float) -> dict[str, Any]:
        return {"value": value, "low": value - 0.02, "high": value + 0.02, "n": 100, "better": "lower"}

    def bare(value: float) -> Results:
        return Results({"test": {"own": entry(value)}})

    gate = {"metric": "own", "against": "champion"}
    assert judge(gate, bare(0.5), bare(0.3)).verdict == "REGRESSED"
    assert judge(gate, bare(0.3), bare(0.5)).verdict == "UNDECIDED"
    assert judge(gate, bare(0.33), bare(0.3)).verdict == "UNDECIDED"


def test_documents_are_plain() -> None:
    found = judge({"metric": "accuracy", "against": "champion"}, results(predictions(50, 0.8)), None).document()
    assert found["gate"] == {"metric": "accuracy", "against": "champion"}


def test_false_alarms_are_rare_and_real_losses_are_caught() -> None:
    """20 slices of 500 rows, of which 6 % change sides: as many lost as gained, or in one slice 5 points more lost."""
    random = np.random.default_rng(11)
    gate = {"metric": "accuracy", "slices": "all", "against": "champion", "max_drop": 0.02}
    repeats, rows = 150, 10_000
    base = predictions(rows, 0.85, groups=20)
    frame = results(base)
    right = base["prediction"] == base["truth"]
    hurt = base["group"] == 7
    alarms = caught = 0
    for _ in range(repeats):
        dice = random.random(rows)
        unchanged = against(frame, flipped(base, dice < lost_or_gained(right, 0.03, 0.03)), gate)
        alarms += any(verdict.blocks for verdict in unchanged)
        chance = np.where(hurt, lost_or_gained(right, 0.055, 0.005), lost_or_gained(right, 0.03, 0.03))
        worse = against(frame, flipped(base, dice < chance), gate)
        caught += next(verdict for verdict in worse if verdict.slice == "group = 7").blocks
    print(f"false alarms {alarms / repeats:.1%}, caught {caught / repeats:.1%}")
    assert alarms / repeats <= 0.05
    assert caught / repeats >= 0.9


def lost_or_gained(right: Any, lost: float, gained: float) -> Any:
    """The chance for each row to change, so that these shares of all rows are lost and gained."""
    return np.where(right, lost / right.mean(), gained / (1 - right.mean()))


def against(frame: Results, ours: dict[str, Any], gate: dict[str, Any]) -> list[gates.GateVerdict]:
    return gates.judge([gate], replace(frame, predictions=ours), {"champion": frame})
