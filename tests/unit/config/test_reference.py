"""The reference page of the configuration: every example in it loads."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "configuration.md"
TRAINING = {
    "restrike": "restrike: 1\n",
    "data": "data: {rows: data.csv, more: more.csv}\n",
    "train_on": "train_on: rows\n",
    "features": "features: {numeric: [age, bmi], categorical: [sex]}\n",
    "label": "label: ill\n",
    "train": 'train: {use: "sklearn.svm:SVC"}\n',
    "evaluate": "evaluate: {metrics: [accuracy, recall], slices: [{by: sex}]}\n",
}
STEPS = {
    "restrike": "restrike: 1\n",
    "data": "data: {raw: docs}\n",
    "steps": 'steps: {score: {use: "m:f", inputs: {docs: data.raw}, outputs: [scores]}}\n',
}


def examples() -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.S)


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.splitlines()[0][:40])
def test_every_example_loads(example: str, load_text: Any) -> None:
    keys = set(re.findall(r"^([a-z_]+):", example, re.M))
    own = "steps" in keys or "predictions" in example
    rest = "".join(line for key, line in (STEPS if own else TRAINING).items() if key not in keys)
    load_text(rest + example, base="\n".join(TRAINING.values()))
