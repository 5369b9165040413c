"""The step `train`: the fitted model, its preprocessing included, as one object."""

from __future__ import annotations

from typing import Any

from restrike.training import checks
from restrike.training.errors import ComponentError, DataError
from restrike.training.model import assemble, features_of, parallel_fit, rows_of, task_of
from restrike.training.rows import Table
from restrike.training.split import TRAIN


def train(
    table: Table,
    membership: Table,
    *,
    features: dict[str, list[str]],
    label: str,
    weight: str | None,
    task: str | None,
    preprocess: dict[str, Any],
    estimator: dict[str, Any],
    seed: int,
) -> Any:
    """Return the Pipeline fitted on the rows of the part `train`, in the order of the membership table."""
    model = assemble(features, preprocess, estimator, seed)
    rows = rows_of(table, membership["key"][membership["part"] == TRAIN])
    truth = rows[label]
    if task_of(model.steps[-1][1], task) == "classification":
        checks.classes(truth, label, f"part '{TRAIN}' ({len(rows)} rows)")
    else:
        checks.numbers(truth, label)
    options = {} if weight is None else {"train__sample_weight": _weights(rows, weight, model)}
    with parallel_fit(model):
        return _fit(model, features_of(rows, features), truth, options, estimator["use"])


def _fit(model: Any, rows: Table, truth: Any, options: dict[str, Any], use: str) -> Any:
    try:
        return model.fit(rows, truth, **options)
    except ValueError as error:
        message = str(error).partition("\n")[0]
        if type(error).__name__ == "InvalidParameterError":
            raise ComponentError(f"'{use}' or a transformer before it refuses a parameter: {message}") from error
        if "contains NaN" in message:
            raise _missing_values(rows, message) from error
        raise


def _missing_values(rows: Table, message: str) -> DataError:
    holes = [
        f"'{name}' in {count} {'row' if count == 1 else 'rows'}" for name, count in rows.isna().sum().items() if count
    ]
    return DataError(
        f"features have missing values, and the estimator takes none: {', '.join(holes) or message}",
        hint='preprocess: {numeric: [{use: "sklearn.impute:SimpleImputer"}]}',
    )


def _weights(rows: Table, weight: str, model: Any) -> Any:
    from sklearn.utils.validation import has_fit_parameter

    final = model.steps[-1][1]
    if not has_fit_parameter(final, "sample_weight"):
        raise ComponentError(f"{type(final).__name__} takes no weights", hint=f"leave out `weight: {weight}`")
    values = rows[weight]
    if values.dtype.kind not in "iufb" or values.isna().any() or (values < 0).any():
        raise DataError(f"weight '{weight}' must be a number of 0 or more in every row")
    return values
