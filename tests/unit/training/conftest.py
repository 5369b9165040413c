"""The built-in pipeline executed as the worker does it: each artifact encoded to a file and decoded again."""

from __future__ import annotations

import importlib
import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from restrike import codecs
from restrike.pipeline.graph import Step
from restrike.pipeline.seeds import step_seed
from restrike.training import graph

EXAMPLES = Path(__file__).parents[3] / "examples"


@dataclass
class Executed:
    """Artifacts by `step.output`: their values after a round trip, and the bytes that they were kept as."""

    values: dict[str, Any] = field(default_factory=dict)
    bytes: dict[str, bytes] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


@dataclass
class Pipeline:
    folder: Path

    def __call__(
        self,
        training: dict[str, Any] | None,
        evaluate: dict[str, Any] | None,
        files: dict[str, Path],
        *,
        reads: dict[str, dict[str, Any]] | None = None,
        seed: int = 7,
        given: dict[str, Any] | None = None,
    ) -> Executed:
        done = Executed(dict(given or {}))
        for step in graph.steps(training, evaluate, reads or {}):
            function = function_of(step)
            arguments = dict(step.params)
            wants = typing.get_type_hints(function)
            for name, source in step.inputs.items():
                read = (reads or {}).get(source.name, {})
                arguments[name] = (
                    codecs.read_data(files[source.name], read, wants.get(name))
                    if source.kind == "data"
                    else done[str(source)]
                )
            if "seed" in inspect.signature(function).parameters:
                arguments["seed"] = seed if step.seed == "run" else step_seed(seed, step.name)
            self.keep(step, function(**arguments), done)
        return done

    def keep(self, step: Step, value: Any, done: Executed) -> None:
        names = [output.name for output in step.outputs]
        for name, part in zip(names, [value] if len(names) == 1 else value, strict=True):
            folder = self.folder / step.name
            folder.mkdir(exist_ok=True)
            encoded = codecs.encode(part, folder, name)
            done.bytes[f"{step.name}.{name}"] = (folder / name).read_bytes()
            done.values[f"{step.name}.{name}"] = codecs.decode(folder / name, encoded.codec, None, encoded.engine)


def function_of(step: Step) -> Callable[..., Any]:
    module, _, name = str(step.use).partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


@pytest.fixture
def execute(tmp_path: Path) -> Pipeline:
    folder = tmp_path / "artifacts"
    folder.mkdir()
    return Pipeline(folder)


@pytest.fixture
def examples() -> Path:
    return EXAMPLES


@pytest.fixture
def diabetes() -> dict[str, Any]:
    columns = ["pregnancies", "glucose", "pressure", "skin", "insulin", "bmi", "pedigree", "age", "diabetic"]
    return {
        "file": EXAMPLES / "diabetes" / "data" / "pima-indians-diabetes.csv",
        "read": {"header": False, "columns": columns},
        "training": {
            "train_on": "patients",
            "features": {"numeric": ["pregnancies", "glucose", "pressure", "bmi", "pedigree", "age"]},
            "label": "diabetic",
            "split": {"method": "hash", "fractions": {"train": 0.7, "eval": 0.15, "test": 0.15}},
            "preprocess": {
                "numeric": [
                    {"use": "sklearn.impute:SimpleImputer", "params": {"strategy": "median"}},
                    {"use": "sklearn.preprocessing:StandardScaler"},
                ]
            },
            "train": {"use": "sklearn.linear_model:LogisticRegression", "params": {"C": 1.0, "max_iter": 500}},
        },
        "evaluate": {
            "metrics": ["accuracy", "roc_auc", "recall", "log_loss"],
            "slices": [{"name": "over_50", "where": "age > 50"}, {"by": "age", "bins": [30, 40, 50]}],
        },
    }
