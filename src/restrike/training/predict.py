"""The step `predict`: what the model says about the rows it is judged on, beside the truth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from restrike.evaluation.sample import Scale, Target, score_column
from restrike.evaluation.slices import DATA_PREFIX, OWN
from restrike.training.errors import ComponentError, DataError, nearest
from restrike.training.model import features_of, make_serial, rows_of, serial, task_of
from restrike.training.rows import Table
from restrike.training.split import TRAIN


def predict(
    model: Any,
    table: Table,
    membership: Table,
    *,
    features: dict[str, list[str]],
    label: str,
    task: str | None,
    positive: Any,
    threshold: float | None,
    parts: list[str] | None,
    slice_columns: list[str],
) -> tuple[Table, dict[str, Any]]:
    """Return the predictions table and the target document that explains its columns.

    Columns: key, part, truth, prediction, scores (`score` for the positive of two classes, `score_CLASS` for others),
    then those that slices need, `data.NAME` where NAME is one of the former. Parts are in the order of `parts`
    (default: all but `train`), rows within them in the order of the membership table.
    """
    make_serial(model)
    chosen = _chosen(membership, parts)
    rows = rows_of(table, chosen["key"])
    with serial():
        target = _target(model, label, task_of(model.steps[-1][1], task), positive)
        scores = _scores(model, features_of(rows, features), target)
        prediction = model.predict(features_of(rows, features))
    if threshold is not None:
        prediction = _thresholded(scores, target, threshold)
    found = {
        "key": list(chosen["key"]),
        "part": list(chosen["part"]),
        "truth": rows[label].array,
        "prediction": prediction,
    }
    found |= scores
    for column in slice_columns:
        if column in rows.columns:
            found[DATA_PREFIX + column if column in OWN or column in found else column] = rows[column].array
    return _frame(found), target.document()


def _frame(columns: dict[str, Any]) -> Table:
    import pandas

    return pandas.DataFrame(columns)


def _chosen(membership: Table, parts: Sequence[str] | None) -> Table:
    import pandas

    known = list(dict.fromkeys(membership["part"]))
    wanted = [part for part in known if part != TRAIN] if parts is None else list(parts)
    for part in wanted:
        if part not in known:
            raise DataError(
                f"the split has no part '{part}'{nearest(part, known)}", f"its parts are: {', '.join(known)}"
            )
    return pandas.concat([membership[membership["part"] == part] for part in wanted], ignore_index=True)


def _target(model: Any, label: str, task: str, positive: Any) -> Target:
    if task == "regression":
        return Target("regression", label=label)
    classes = tuple(value.item() if hasattr(value, "item") else value for value in model.classes_)
    scale: Scale | None = "decision" if hasattr(model, "decision_function") else None
    if hasattr(model, "predict_proba"):
        scale = "probability"
    if len(classes) != 2:
        return Target("classification", classes, scores=scale, label=label)
    chosen = classes[1] if positive is None else _class(positive, classes, label)
    return Target("classification", classes, chosen, scale, label)


def _class(positive: Any, classes: tuple[Any, ...], label: str) -> Any:
    for value in classes:
        if value == positive and isinstance(value, str) == isinstance(positive, str):
            return value
    told = ", ".join(repr(value) for value in classes)
    raise DataError(
        f"positive class {positive!r} is none of the classes of '{label}': {told}", f"positive: {classes[1]!r}"
    )


def _scores(model: Any, rows: Table, target: Target) -> dict[str, Any]:
    """Return the score columns: the positive class's first where there are two."""
    if target.task == "regression" or target.scores is None:
        return {}
    if target.scores == "decision":
        values = model.decision_function(rows)
        if target.binary:
            return {"score": values if target.positive == target.classes[1] else -values}
    else:
        values = model.predict_proba(rows)
    if values.ndim != 2 or values.shape[1] != len(target.classes):
        return {}  # one score for each pair of classes (SVC, one against one): nothing that belongs to a class
    named = {score_column(target, value): values[:, position] for position, value in enumerate(target.classes)}
    return {name: named[name] for name in sorted(named, key=lambda name: name != "score")}


def _thresholded(scores: dict[str, Any], target: Target, threshold: float) -> Any:
    import numpy as np

    if not target.binary or "score" not in scores:
        raise ComponentError(
            "a threshold needs two classes and a model that gives scores", hint="leave out `threshold`"
        )
    classes = np.empty(2, dtype=object)
    classes[:] = [target.negative, target.positive]
    picked = classes[(scores["score"] >= threshold).astype(int)]
    return np.array(picked.tolist())
