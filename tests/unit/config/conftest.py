"""Configurations that are right, and a way to load text as one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from restrike.config import Config, load

DIABETES = """\
restrike: 1
name: diabetes
seed: 7
data:
  patients:
    path: data/pima-indians-diabetes.csv
    read: {header: false, columns: [pregnancies, glucose, pressure, skin, insulin, bmi, pedigree, age, diabetic]}
train_on: patients
features: {numeric: [pregnancies, glucose, pressure, bmi, pedigree, age]}
label: diabetic
split: {method: hash, fractions: {train: 0.7, eval: 0.15, test: 0.15}}      # key: the row's content
preprocess:
  numeric:
    - {use: "sklearn.impute:SimpleImputer", params: {strategy: median}}
    - {use: "sklearn.preprocessing:StandardScaler"}
train: {use: "sklearn.linear_model:LogisticRegression", params: {C: 1.0, max_iter: 500}}
evaluate:
  metrics: [accuracy, roc_auc, recall, log_loss]
  slices: [{name: over_50, where: "age > 50"}, {by: age, bins: [30, 40, 50]}]
gates:
  - {metric: roc_auc, on: test, min: 0.75}
  - {metric: recall, slices: all, against: champion, max_drop: 0.02, correction: holm}
"""

RANKER = """\
restrike: 1
name: ranker
environment: {python: .venv, env: {pass: [TOKENIZERS_PARALLELISM], secret: [HUB_TOKEN]}}
data: {raw: data/docs/}
steps:
  clean: {use: "ranker.clean:clean", inputs: {docs: data.raw}}
  fit:   {use: "ranker.fit:fit", inputs: {docs: clean}, params: {lr: 1e-3, epochs: 5}, outputs: [model, curve]}
  score: {run: [python, score.py, --model, "{inputs.model}", --out, "{outputs.scores}"], inputs: {model: fit.model},
          outputs: {scores: scores.csv, summary: {path: metrics.json, as: metrics}}}
evaluate: {predictions: score.scores, truth: relevant, key: doc_id, metrics: [average_precision],
           slices: [{by: language}]}
"""

SMALL = """\
restrike: 1
name: small
data: {rows: data.csv}
train_on: rows
features: {numeric: [age, bmi]}
label: ill
train: {use: "sklearn.svm:SVC", params: {C: 1.0}}
"""

Loader = Callable[..., Config]


@pytest.fixture
def load_text(tmp_path: Path) -> Loader:
    """Write a configuration (and further files given by name) into a project and load it."""

    def loader(text: str, *overrides: str, cache: Path | None = None, **files: str) -> Config:
        project = tmp_path / "project"
        project.mkdir(exist_ok=True)
        for name, content in files.items():
            (project / f"{name}.yaml").write_text(content)
        path = project / "restrike.yaml"
        path.write_text(text)
        return load(path, overrides=overrides, cache=cache)

    return loader


@pytest.fixture
def diabetes() -> str:
    return DIABETES


@pytest.fixture
def ranker() -> str:
    return RANKER


@pytest.fixture
def small() -> str:
    return SMALL
