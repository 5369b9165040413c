"""What a metric reads: truth, prediction and scores of some rows, out of a predictions table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from restrike.evaluation.conditions import is_null, text_of
from restrike.evaluation.errors import EvaluationError

Task = Literal["classification", "regression"]
Scale = Literal["probability", "decision"]


@dataclass(frozen=True)
class Target:
    """What was predicted: the label's classes in the model's order, and what the scores mean."""

    task: Task
    classes: tuple[Any, ...] = ()
    positive: Any = None  # the class that precision, recall and the like are about, where there are two
    scores: Scale | None = None
    label: str | None = None

    @property
    def binary(self) -> bool:
        return self.task == "classification" and len(self.classes) == 2

    @property
    def negative(self) -> Any:
        return next(value for value in self.classes if value != self.positive)

    def document(self) -> dict[str, Any]:
        return {
            "format": "restrike.target/1",
            "label": self.label,
            "task": self.task,
            "classes": list(self.classes),
            "positive": self.positive,
            "scores": self.scores,
        }

    @staticmethod
    def of(document: Mapping[str, Any]) -> Target:
        if document.get("format") != "restrike.target/1":
            raise EvaluationError(f"unknown format of a target: {document.get('format')}")
        return Target(
            task=document["task"],
            classes=tuple(document["classes"]),
            positive=document["positive"],
            scores=document["scores"],
            label=document["label"],
        )


@dataclass(frozen=True)
class Sample:
    """Rows of a predictions table as arrays, in the table's order.

    `score` is the positive class's (two classes) or the only one; `probabilities` has a column for each class of the
    target, in its order.
    """

    target: Target
    truth: Any
    prediction: Any = None
    score: Any = None
    probabilities: Any = None

    def __len__(self) -> int:
        return len(self.truth)

    def take(self, rows: Any) -> Sample:
        """Return the rows that a boolean array or an array of positions picks."""
        arrays = {name: getattr(self, name) for name in ("truth", "prediction", "score", "probabilities")}
        return replace(self, **{name: array[rows] for name, array in arrays.items() if array is not None})

    def codes(self, values: Any) -> Any:
        """Return the position in `target.classes` of each value; -1 for a class that the model does not know."""
        import numpy as np

        found = np.full(len(values), -1, dtype=np.int64)
        for position, value in enumerate(self.target.classes):
            found[values == value] = position
        return found

    @property
    def is_positive(self) -> Any:
        return self.truth == self.target.positive


def score_column(target: Target, value: Any) -> str:
    """Return the name of the column of a predictions table that holds a class's score."""
    return "score" if target.binary and value == target.positive else f"score_{text_of(value)}"


def columns(table: Any) -> dict[str, Any]:
    """Return a pandas DataFrame, a pyarrow Table, a polars DataFrame or a mapping as arrays by column name."""
    if isinstance(table, Mapping):
        return dict(table)
    if type(table).__module__.startswith("pyarrow"):
        return {name: _arrow(table.column(name)) for name in table.column_names}
    return {str(name): table[name].to_numpy() for name in table.columns}


def _arrow(column: Any) -> Any:
    if hasattr(column.type, "value_type") and hasattr(column.type, "index_type"):  # categories
        column = column.cast(column.type.value_type)
    return column.to_numpy()


def sample(table: Mapping[str, Any], target: Target) -> Sample:
    """Return a predictions table as metrics read it. Raise EvaluationError for rows without truth or prediction."""
    import numpy as np

    truth = _plain(table["truth"])
    prediction = _plain(table["prediction"]) if "prediction" in table else None
    for name, values in (("truth", truth), ("prediction", prediction)):
        _refuse_missing(name, values, table)
    score = table.get("score") if target.scores else None
    names = [score_column(target, value) for value in target.classes] if target.scores else []
    complete = bool(names) and all(name in table for name in names)
    probabilities = np.column_stack([np.asarray(table[name], float) for name in names]) if complete else None
    return Sample(target, truth, prediction, None if score is None else np.asarray(score, float), probabilities)


def _plain(values: Any) -> Any:
    """Return numbers and truth values as arrays of their own type, whatever they were wrapped in."""
    import numpy as np

    array = np.asarray(values)
    if array.dtype != object or not len(array):
        return array
    kinds = {type(value) for value in array}
    if kinds <= {bool, np.bool_}:
        return array.astype(bool)
    return array.astype(float) if kinds <= {int, float} and float in kinds else array


def _refuse_missing(name: str, values: Any, table: Mapping[str, Any]) -> None:
    if values is None:
        return
    missing = _missing(values)
    if len(missing):
        first = table["key"][missing[0]] if "key" in table else missing[0] + 1
        raise EvaluationError(f"{len(missing)} of {len(values)} rows have no {name} (the first is row '{first}')")


def _missing(values: Any) -> Any:
    """Return the positions of missing values."""
    import numpy as np

    if values.dtype.kind == "f":
        return np.flatnonzero(np.isnan(values))
    if values.dtype.kind in "iub":
        return np.array([], dtype=np.int64)
    return np.array([position for position, value in enumerate(values.tolist()) if is_null(value)], dtype=np.int64)
