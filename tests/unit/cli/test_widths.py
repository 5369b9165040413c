"""What a screen leaves out where the terminal is narrow, and what it never does."""

import json
from pathlib import Path

import pytest

from restrike.cli import main
from restrike.cli.output import drawn
from restrike.cli.screens import measures, runs

SPREAD = {"accuracy": [0.5, 0.9], "recall": [0.1, 0.8], "roc_auc": [0.4, 1.0], "log_loss": [0.2, 0.7]}
VALUES = {"accuracy": 0.75, "recall": 0.5, "roc_auc": 0.8125, "log_loss": 0.5625}
SLICES = {
    "slices": [
        {"slice": name, "part": "test", "n": 12, "metrics": VALUES, "intervals": SPREAD}
        for name in ("30 <= age < 40", "age >= 50")
    ]
}


def lines(renderable, width):
    return drawn(renderable, width=width).splitlines()


def test_slices_show_intervals_where_they_fit_and_else_leave_them_out_rather_than_wrap():
    assert "0.7500  [0.5000, 0.9000]" in drawn(measures.slices(SLICES), width=130)
    narrow = lines(measures.slices(SLICES), 80)
    assert len(narrow) == 2 + len(SLICES["slices"])
    assert "[" not in "".join(narrow)
    assert "0.8125" in narrow[2]


def test_slices_with_more_metrics_than_fit_name_those_that_are_left_out():
    narrow = lines(measures.slices(SLICES), 44)
    assert narrow[-1].strip() == "also roc_auc, log_loss: restrike show"
    assert len(narrow) == 3 + len(SLICES["slices"])


@pytest.mark.parametrize("width", [70, 80, 130])
def test_show_has_every_interval_whatever_the_width(width):
    text = drawn(measures.slices(SLICES, whole=True), width=width)
    assert text.count("[0.4000, 1.0000]") == 2
    document = {"metrics": {"eval": VALUES, "test": VALUES}, "intervals": {"eval": SPREAD, "test": SPREAD}}
    assert drawn(measures.metrics(document, whole=True), width=width).count("[0.4000, 1.0000]") == 2


def gate(where, verdict="no baseline", against="champion"):
    return {
        "text": f"recall on test, {where}: no worse than '{against}'",
        "declared": {"metric": "recall", "against": against},
        "slice": where,
        "verdict": verdict,
        "detail": f"there is no run '{against}' yet",
    }


def test_slices_that_wait_for_the_same_baseline_take_one_line_with_the_way_out():
    found = {"run": "a" * 52, "gates": [gate("old"), gate("young"), gate("old", against="rival")]}
    shown = lines(measures.gates(found), 120)
    assert shown[1].strip() == "no baseline  recall on test, 2 slices: no worse than 'champion'"
    assert shown[2].strip().endswith("to make this run it: restrike alias champion aaaaaaaaaaaa")
    assert shown[3].strip() == "no baseline  recall on test, old: no worse than 'rival'"


def test_slices_that_were_judged_keep_a_line_each():
    text = drawn(measures.gates({"gates": [gate("old", "EQUIVALENT"), gate("young", "UNDECIDED")]}), width=120)
    assert "old: no worse" in text
    assert "young: no worse" in text


def test_a_list_of_runs_never_breaks_a_number_or_a_word():
    document = json.loads((Path(__file__).with_name("screens") / "runs.json").read_text("utf-8"))
    for width in (80, 100):
        shown = lines(runs.screen(document), width)
        assert len([line for line in shown if line.startswith(tuple(run["run"][:12] for run in document["runs"]))]) == (
            len(document["runs"])
        )
        assert len(shown) <= len(document["runs"]) + 3


def test_a_traceback_is_never_broken_into_other_lines():
    from restrike.cli.screens.run import failure

    line = '  File "/home/ada/' + "deep/" * 20 + 'steps.py", line 5, in double'
    error = {
        "type": "ValueError",
        "message": "no",
        "text": f"Traceback (most recent call last):\n{line}\n",
        "hint": None,
    }
    assert f"  {line}" in lines(failure({"steps": [{"name": "double", "error": error}]}), 60)


def test_restrike_s_own_classes_are_not_named():
    from restrike.cli.screens.run import failure

    error = {"type": "restrike.training.errors.DataError", "message": "no column 'a'", "text": "", "hint": None}
    assert "DataError" not in drawn(failure({"steps": [{"name": "load", "error": error}]}), width=100)


def test_a_quiet_run_that_fails_still_says_why(monkeypatch, capsys):
    document = json.loads((Path(__file__).with_name("screens") / "run_failed.json").read_text("utf-8"))
    monkeypatch.setattr("restrike.api.run", lambda **how: document, raising=False)
    assert main(["run", "--quiet"]) == 1
    out, err = capsys.readouterr()
    assert out == document["run"] + "\n"
    assert "failed in step" in err


@pytest.mark.parametrize(("given", "told"), [("0", "0 is less than 1"), ("1.5", "'1.5' is not a whole number")])
def test_a_count_says_what_it_has_to_be(given, told, capsys):
    assert main(["run", "--workers", given]) == 2
    assert told in capsys.readouterr().err
