"""The model as one scikit-learn Pipeline: the transformers of each group of features, then the estimator.

It is put together exactly as a person would write it, so that a plain script gives the same numbers to the last digit.
Groups of features come in the order of their names, since a recipe does not keep the order in which they are declared.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from restrike.training.components import build
from restrike.training.errors import ComponentError
from restrike.training.rows import Table

PASSTHROUGH = "passthrough"
JOBS = ("n_jobs", "nthread", "num_threads", "thread_count")


def assemble(
    features: Mapping[str, Sequence[str]], preprocess: Mapping[str, Any], estimator: Mapping[str, Any], seed: int
) -> Any:
    """Return the Pipeline, not fitted: `preprocess` (a ColumnTransformer, where any group is transformed), `train`."""
    from sklearn.pipeline import Pipeline

    final = build(estimator, seed)
    if not hasattr(final, "fit") or not hasattr(final, "predict"):
        raise ComponentError(f"'{estimator['use']}' is not an estimator: it has no 'fit' and 'predict'")
    steps = [("train", final)]
    if any(preprocess.get(group, PASSTHROUGH) != PASSTHROUGH for group in features):
        steps.insert(0, ("preprocess", _column_transformer(features, preprocess, seed)))
    return Pipeline(steps=steps)


def _column_transformer(features: Mapping[str, Sequence[str]], preprocess: Mapping[str, Any], seed: int) -> Any:
    from sklearn.compose import ColumnTransformer

    transformers: list[tuple[str, Any, Any]] = []
    for group, columns in sorted(features.items()):
        declared: Any = preprocess.get(group) or PASSTHROUGH
        if declared == PASSTHROUGH:
            transformers.append((group, PASSTHROUGH, list(columns)))
        elif group == "text":
            # A text vectoriser takes one column of texts, not a table with one column.
            name = group if len(columns) == 1 else "{}_{}"
            transformers += [(name.format(group, column), _chain(declared, seed), column) for column in columns]
        else:
            transformers.append((group, _chain(declared, seed), list(columns)))
    return ColumnTransformer(transformers)


def _chain(declared: Sequence[Mapping[str, Any]], seed: int) -> Any:
    from sklearn.pipeline import make_pipeline

    parts = [build(item, seed) for item in declared]
    for item, part in zip(declared, parts, strict=True):
        if not hasattr(part, "transform"):
            raise ComponentError(f"'{item['use']}' is not a transformer: it has no 'transform'")
    return make_pipeline(*parts)


def features_of(table: Table, features: Mapping[str, Sequence[str]]) -> Table:
    """Return the feature columns as scikit-learn takes them: group by group, None in a column of objects as NaN."""
    import numpy as np

    chosen = table[[column for _, group in sorted(features.items()) for column in group]].copy()
    for position, kind in enumerate(chosen.dtypes):
        if kind.kind == "O":
            column = chosen.iloc[:, position]
            chosen.isetitem(position, column.where(column.notna(), np.nan))
    return chosen


def rows_of(table: Table, keys: Any) -> Table:
    """Return the rows with these keys, in their order."""
    positions = table.index.get_indexer(keys)
    if (positions < 0).any():
        raise KeyError(f"row '{keys[int((positions < 0).argmax())]}' is in the split but not in the table")
    return table.iloc[positions]


def task_of(estimator: Any, declared: str | None) -> str:
    """Return `classification` or `regression`: what was declared, else what the estimator says of itself."""
    if declared:
        return declared
    if (said := _said_task(estimator)) is not None:
        return said
    raise ComponentError(
        f"{type(estimator).__name__} does not say whether it is a classifier or a regressor",
        hint="task: classification",
    )


def _said_task(estimator: Any) -> str | None:
    from sklearn.base import is_classifier, is_regressor

    try:
        classifier, regressor = is_classifier(estimator), is_regressor(estimator)
    except (AttributeError, TypeError):  # an estimator that does not derive from scikit-learn's BaseEstimator
        kind = getattr(estimator, "_estimator_type", None)
        classifier, regressor = kind == "classifier", kind == "regressor"
    if classifier or (not regressor and hasattr(estimator, "predict_proba")):
        return "classification"
    return "regression" if regressor else None


@contextmanager
def parallel_fit(pipeline: Any) -> Iterator[None]:
    """Let forests grow their trees in as many threads as the run has; their trees do not depend on it.

    The setting is taken back afterwards, so that the stored model does not depend on it either.
    """
    final = pipeline.steps[-1][1]
    threads = int(os.environ.get("OMP_NUM_THREADS") or 1)
    if not _is_forest(final) or final.n_jobs is not None or threads < 2:
        yield
        return
    final.set_params(n_jobs=threads)
    try:
        yield
    finally:
        final.set_params(n_jobs=None)


def _is_forest(estimator: Any) -> bool:
    # By name: importing scikit-learn's ensembles to ask costs more than fitting a small model.
    names = {(each.__module__, each.__name__) for each in type(estimator).__mro__}
    return ("sklearn.ensemble._forest", "BaseForest") in names


@contextmanager
def serial() -> Iterator[None]:
    """Make whatever predicts through joblib do so in one thread: the order of threaded sums varies by arrival."""
    import joblib

    with joblib.parallel_config(backend="sequential"):
        yield


def make_serial(model: Any) -> None:
    """Set every thread count in a fitted model to 1, in the components of components as well."""
    seen: set[int] = set()
    waiting = [model]
    while waiting:
        item = waiting.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, (list, tuple)):
            waiting += item
        elif isinstance(item, dict):
            waiting += item.values()
        elif hasattr(item, "get_params") and not isinstance(item, type):
            jobs = {name: 1 for name in item.get_params(deep=False) if name in JOBS}
            if jobs:
                item.set_params(**jobs)
            waiting += vars(item).values()
