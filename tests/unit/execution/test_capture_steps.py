"""What the steps of a recipe are granted."""

from __future__ import annotations

from pathlib import Path

import pytest

from restrike.config import load
from restrike.execution.capture import steps_of

TRAINING = """
restrike: 1
allow: {network: %s}
data: {rows: rows.csv}
train_on: rows
features: {numeric: [age]}
label: ill
train: {use: "sklearn.svm:SVC"}
evaluate: {metrics: [accuracy]}
"""


@pytest.mark.parametrize(
    ("written", "granted"),
    [("true", True), ("false", False), ("[b.example, A.example:81]", ("a.example:81", "b.example"))],
)
def test_built_in_steps_that_execute_what_is_named_have_the_network(
    tmp_path: Path, written: str, granted: object
) -> None:
    path = tmp_path / "restrike.yaml"
    path.write_text(TRAINING % written)
    found = {step.name: step.network for step in steps_of(load(path))}
    assert found == {"load": False, "split": False} | dict.fromkeys(("train", "predict", "evaluate"), granted)
