"""The step `evaluate`: metrics on each part and slice, from predictions alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from restrike.evaluation.conditions import is_null
from restrike.evaluation.report import measure
from restrike.evaluation.sample import Target, columns
from restrike.evaluation.slices import DATA_PREFIX, OWN
from restrike.training import checks
from restrike.training.errors import DataError
from restrike.training.rows import Table, numbered

READABLE = {".csv", ".tsv", ".jsonl", ".ndjson", ".parquet"}


def evaluate(
    predictions: Table,
    target: dict[str, Any],
    *,
    metrics: list[Any],
    slices: list[dict[str, Any]],
    intervals: dict[str, Any],
    seed: int,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the metrics of each part and of each slice of it (see `restrike.evaluation.report.measure`)."""
    table = columns(predictions)
    return measure(table, Target.of(target), declared=metrics, slices_declared=slices, bootstrap=intervals, seed=seed)


def evaluate_table(
    predictions: Any,
    data: Path | None = None,
    *,
    truth: str,
    key: str | list[str] | None,
    prediction: str | None,
    score: str | None,
    task: str | None,
    positive: Any,
    parts: list[str] | None,
    metrics: list[Any],
    slices: list[dict[str, Any]],
    intervals: dict[str, Any],
    seed: int,
    read: dict[str, Any] | None = None,
) -> tuple[dict[str, Any], list[dict[str, Any]], Table, dict[str, Any]]:
    """Return metrics, slices, the predictions table and the target document for predictions that a user's step made.

    `predictions` is a table or a file that holds one; `data` a further file with columns for slices, or the truth, that
    are joined to it by key. A column `part` divides the rows; without it all are the part `test`.
    """
    rows = _table(predictions, {})
    if data is not None:
        rows = _joined(rows, _table(data, read or {}), key)
    checks.columns(rows, "predictions", [name for name in (truth, prediction, score, *_listed(key)) if name])
    table = _standard(rows, truth, _named(prediction, "prediction", rows), _named(score, "score", rows), _listed(key))
    if parts:
        table = table[table["part"].isin(parts)].reset_index(drop=True)
        checks.parts(table, parts)
    target = _target(table, truth, task, positive)
    measured, sliced = measure(
        columns(table), target, declared=metrics, slices_declared=slices, bootstrap=intervals, seed=seed
    )
    return measured, sliced, table, target.document()


def _table(value: Any, read: dict[str, Any]) -> Table:
    import pandas

    if isinstance(value, (str, Path)):
        from restrike.codecs import read_data

        path = Path(value)
        if path.suffix.lower() not in READABLE:
            raise DataError(
                f"predictions in a file '{path.name}' cannot be read as a table", f"one of: {', '.join(READABLE)}"
            )
        checks.file(path, path.name, read.get("encoding") or "utf-8")
        return read_data(path, read, pandas.DataFrame)
    if isinstance(value, pandas.DataFrame):
        return value
    if hasattr(value, "to_pandas"):  # polars, pyarrow
        return value.to_pandas()
    if isinstance(value, (list, dict)):
        return pandas.DataFrame(value)
    raise DataError(f"predictions are a {type(value).__name__}, not a table")


def _listed(key: str | Sequence[str] | None) -> list[str]:
    return [key] if isinstance(key, str) else list(key or ())


def _named(declared: str | None, usual: str, rows: Table) -> str | None:
    return declared or (usual if usual in rows.columns else None)


def _joined(rows: Table, data: Table, key: str | list[str] | None) -> Table:
    names = _listed(key)
    if not names:
        raise DataError("predictions are joined to data by a key, and none is named", hint="evaluate: {key: id}")
    checks.columns(data, "the data to join", names)
    further = data[[name for name in data.columns if name in names or name not in rows.columns]]
    return rows.merge(further, on=names, how="left", validate="many_to_one", sort=False)


def _standard(rows: Table, truth: str, prediction: str | None, score: str | None, key: list[str]) -> Table:
    """Return the rows as a predictions table: its own columns first, then all others."""
    import pandas

    part = rows["part"].astype(str) if "part" in rows.columns else ["test"] * len(rows)
    found: dict[str, Any] = {"key": _keys(rows, key), "part": list(part), "truth": rows[truth].array}
    if prediction:
        found["prediction"] = rows[prediction].array
    if score:
        found["score"] = rows[score].array
    used = {truth, prediction, score, "part"}
    for name in rows.columns:
        if name not in used or name not in OWN:
            found[DATA_PREFIX + name if name in OWN else name] = rows[name].array
    return pandas.DataFrame(found)


def _keys(rows: Table, key: list[str]) -> list[str]:
    if not key:
        return [str(position + 1) for position in range(len(rows))]
    texts = [" ".join(str(value) for value in row) for row in zip(*(rows[name] for name in key), strict=True)]
    return texts if len(set(texts)) == len(texts) else numbered(texts, "#")


def _target(table: Table, truth: str, task: str | None, positive: Any) -> Target:
    import numpy as np
    from sklearn.utils.multiclass import type_of_target

    values = np.asarray(table["truth"])
    if any(is_null(value) for value in values):
        raise DataError(f"column '{truth}' of the predictions has rows without a value")
    if (task or ("regression" if type_of_target(values).startswith("continuous") else "")) == "regression":
        return Target("regression", label=truth)
    said = [np.asarray(table["prediction"])] if "prediction" in table else []
    classes = tuple(sorted({value for array in (values, *said) for value in array.tolist()}, key=_rank))
    scale: Any = None
    if "score" in table:
        inside = table["score"].between(0, 1).all()
        scale = "probability" if inside else "decision"
    chosen = (classes[-1] if positive is None else positive) if len(classes) == 2 else None
    return Target("classification", classes, chosen, scale, truth)


def _rank(value: Any) -> tuple[str, Any]:
    return ("" if isinstance(value, (int, float)) else type(value).__name__, value)
