"""Metrics by scikit-learn's names or by import path.

The value that is reported is what scikit-learn's own function returns, to the last digit; where a metric has no meaning
for the rows (one class, none at all) it is None, with the reason, instead of a convention, a warning or a crash.
`recall`, `precision`, `f1` and `jaccard` are about the positive class where there are two classes, and the mean over
classes (`macro`) where there are more.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal

from restrike.evaluation.errors import MetricError
from restrike.evaluation.sample import Sample, Target

Needs = Literal["prediction", "score", "probability"]
ANY, TWO = "classification", "two classes"


@dataclass(frozen=True)
class Metric:
    """A metric as it is computed: `function` is an import path, called with truth and what `needs` names."""

    name: str
    function: str
    task: str  # "classification", "two classes", "regression", or "" for any
    needs: Needs = "prediction"
    greater_is_better: bool = True
    averaged: str | None = None  # passed as `average`; "" = by the number of classes
    params: Mapping[str, Any] = field(default_factory=dict)
    form: str | None = None  # under which name counts, means and rankings know it; None: only its function does
    negated: bool = False  # scikit-learn's scorers called neg_...
    custom: bool = False


@dataclass(frozen=True)
class Value:
    """A metric's value on some rows, or None and the reason why there is none."""

    value: float | None
    reason: str | None = None


def _table() -> dict[str, Metric]:
    found: list[Metric] = [
        Metric("accuracy", "accuracy_score", ANY),
        Metric("balanced_accuracy", "balanced_accuracy_score", ANY),
        Metric("matthews_corrcoef", "matthews_corrcoef", ANY),
        Metric("cohen_kappa", "cohen_kappa_score", ANY),
        Metric("roc_auc", "roc_auc_score", ANY, "score"),
        Metric("average_precision", "average_precision_score", ANY, "score"),
        Metric("log_loss", "log_loss", ANY, "probability", greater_is_better=False),
        Metric("brier_score", "brier_score_loss", TWO, "probability", greater_is_better=False),
        Metric("r2", "r2_score", "regression"),
        Metric("explained_variance", "explained_variance_score", "regression"),
    ]
    for name in ("precision", "recall", "f1", "jaccard"):
        function = f"{name}_score"
        found.append(Metric(name, function, ANY, averaged=""))
        found += [Metric(f"{name}_{how}", function, ANY, averaged=how) for how in ("micro", "macro", "weighted")]
    for comparison in ("ovr", "ovo"):
        for how in ("macro", "weighted"):
            name = f"roc_auc_{comparison}" + ("" if how == "macro" else f"_{how}")
            found.append(
                Metric(name, "roc_auc_score", ANY, "score", params={"multi_class": comparison, "average": how})
            )
    errors = ("mean_absolute_error", "mean_squared_error", "root_mean_squared_error", "mean_absolute_percentage_error")
    for name in (*errors, "median_absolute_error", "max_error"):
        found.append(Metric(name, name, "regression", greater_is_better=False))
    return {metric.name: metric for metric in found}


ALIASES = {
    "mae": "mean_absolute_error",
    "mse": "mean_squared_error",
    "rmse": "root_mean_squared_error",
    "mape": "mean_absolute_percentage_error",
    "mcc": "matthews_corrcoef",
    "brier": "brier_score",
    "max_absolute_error": "max_error",
    **{f"{name}_score": name for name in ("accuracy", "balanced_accuracy", "cohen_kappa", "roc_auc", "r2")},
    **{f"{name}_score": name for name in ("average_precision", "precision", "recall", "f1", "jaccard")},
    "explained_variance_score": "explained_variance",
    "brier_score_loss": "brier_score",
}
TABLE = _table()
FORMLESS = {"median_absolute_error", "max_error", "roc_auc_ovr_weighted", "roc_auc_ovo", "roc_auc_ovo_weighted"}


def names() -> list[str]:
    """Return every name that a metric can be asked for by, without scikit-learn's `neg_` forms."""
    return [*TABLE, *ALIASES]


def named(declared: str | Mapping[str, Any]) -> Metric:
    """Return the metric that an entry of `evaluate.metrics` means. Raise MetricError for an unknown name."""
    if not isinstance(declared, str):
        return _custom(declared)
    base = declared.removeprefix("neg_")
    metric = TABLE.get(ALIASES.get(base, base))
    negated = base != declared
    if metric is None or (negated and metric.greater_is_better):
        close = get_close_matches(base, names(), n=1)
        advice = f" (did you mean '{close[0]}'?)" if close else ""
        raise MetricError(f"there is no metric '{declared}'{advice}", hint=f"the metrics are: {', '.join(TABLE)}")
    form = None if metric.name in FORMLESS else metric.name
    better = True if negated else metric.greater_is_better
    return Metric(
        declared, f"sklearn.metrics:{metric.function}", metric.task, metric.needs, better, metric.averaged,
        metric.params, form, negated,
    )  # fmt: skip


def _custom(declared: Mapping[str, Any]) -> Metric:
    needs: Needs = declared.get("needs") or "prediction"
    return Metric(
        name=declared.get("name") or declared["use"].partition(":")[2],
        function=declared["use"],
        task="",
        needs=needs,
        greater_is_better=declared.get("greater_is_better") is not False,
        params=declared.get("params") or {},
        custom=True,
    )


def all_named(declared: Iterable[str | Mapping[str, Any]], target: Target, sample: Sample) -> list[Metric]:
    """Return the metrics asked for, having checked that these predictions can be judged by each of them."""
    found = [named(entry) for entry in declared]
    for metric in found:
        _check_task(metric, target)
        if metric.needs == "prediction" and sample.prediction is None:
            raise MetricError(f"metric '{metric.name}' needs predictions, and there are only scores")
        if metric.needs != "prediction" and not _scores(metric, sample):
            raise MetricError(*_no_scores(metric, target))
    return found


def _check_task(metric: Metric, target: Target) -> None:
    if metric.task == "" or metric.task == target.task or (metric.task == TWO and target.binary):
        return
    if metric.task == TWO and target.task == "classification":
        raise MetricError(f"metric '{metric.name}' is for two classes, and the label has {len(target.classes)}")
    kind = "regression" if metric.task == "regression" else "classification"
    fitting = [name for name, other in TABLE.items() if (other.task == "regression") != (kind == "regression")]
    raise MetricError(
        f"metric '{metric.name}' is for {kind}, and this is {target.task}",
        hint=f"for {target.task}: {', '.join(fitting)}",
    )


def _scores(metric: Metric, sample: Sample) -> bool:
    if metric.needs == "probability" and sample.target.scores != "probability":
        return False
    if sample.target.task == "classification" and not sample.target.binary:
        ranked = metric.function == "sklearn.metrics:roc_auc_score"  # takes decision values for two classes only
        return sample.probabilities is not None and (sample.target.scores == "probability" or not ranked)
    return sample.score is not None


def _no_scores(metric: Metric, target: Target) -> tuple[str, str]:
    without = ", ".join(name for name, other in TABLE.items() if other.needs == "prediction" and other.task == ANY)
    if target.scores == "decision":
        message = f"metric '{metric.name}' needs probabilities, and the model only gives decision values"
        return message, "wrap the estimator in 'sklearn.calibration:CalibratedClassifierCV', or leave the metric out"
    return f"metric '{metric.name}' needs scores, and the model gives none", f"without scores there are: {without}"


def load(metric: Metric) -> Callable[..., Any]:
    """Import the metric's function. Raise MetricError where it does not exist."""
    module_name, _, attribute = metric.function.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise  # a module of the user's that imports something else that is missing
        raise MetricError(f"metric '{metric.name}': there is no module '{error.name}'") from None
    found = getattr(module, attribute, None)
    if not callable(found):
        close = get_close_matches(attribute, dir(module), n=1)
        advice = f" (did you mean '{close[0]}'?)" if close else ""
        raise MetricError(f"metric '{metric.name}': module '{module_name}' has no function '{attribute}'{advice}")
    return found  # type: ignore[no-any-return]  # a function known only by its import path


def value(metric: Metric, sample: Sample, function: Callable[..., Any] | None = None) -> Value:
    """Return the metric on these rows. `function` saves the import where many samples follow each other."""
    if reason := undefined(metric, sample):
        return Value(None, reason)
    function = function or load(metric)
    positional, named_arguments = _arguments(metric, sample)
    with warnings.catch_warnings():
        if not metric.custom:  # what scikit-learn warns about (a class never predicted) is told by the value
            warnings.simplefilter("ignore")
        found = float(function(*positional, **named_arguments))
    if found != found:
        return Value(None, "the result is not a number")
    return Value(-found if metric.negated else found)


def _arguments(metric: Metric, sample: Sample) -> tuple[list[Any], dict[str, Any]]:
    """Return how scikit-learn's function is called, as a person would call it for this kind of label."""
    target, options = sample.target, dict(metric.params)
    name = metric.function.partition(":")[2]
    two = target.binary
    if metric.averaged is not None:
        options |= {"zero_division": 0, "average": metric.averaged or ("binary" if two else "macro")}
        if two and not metric.averaged:
            options["pos_label"] = target.positive
    if metric.needs == "prediction":
        return [sample.truth, sample.prediction], options
    if metric.custom or metric.needs == "score":
        return _scored(metric, sample, options)
    if name == "brier_score_loss":
        return [sample.truth, sample.score], {"pos_label": target.positive}
    given = sample.probabilities if sample.probabilities is not None else sample.score
    if sample.probabilities is None:
        return [sample.is_positive, given], {"labels": [False, True]}
    if len(target.classes) == 2 or not _sorted(target):
        return [sample.codes(sample.truth), given], {"labels": list(range(len(target.classes)))}
    return [sample.truth, given], {"labels": list(target.classes)}


def _scored(metric: Metric, sample: Sample, options: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    target = sample.target
    if metric.custom:
        several = target.task == "classification" and not target.binary
        return [sample.truth, sample.probabilities if several else sample.score], options
    if target.binary:
        return [sample.is_positive.astype(int), sample.score], {}
    codes = sample.codes(sample.truth)
    if metric.function.endswith(":roc_auc_score"):
        options = {"multi_class": "ovr", "labels": list(range(len(target.classes)))} | options
    return [codes, sample.probabilities], options


def _sorted(target: Target) -> bool:
    return list(target.classes) == sorted(target.classes)


def undefined(metric: Metric, sample: Sample) -> str | None:
    """Return why the metric has no meaning for these rows, or None where it has one."""
    if not len(sample):
        return "no rows"
    if metric.custom:
        return None
    if sample.target.task == "regression":
        return _flat(metric, sample)
    if metric.needs != "prediction" or metric.form in ("cohen_kappa",):
        return _lacking_classes(metric, sample)
    if sample.target.binary and metric.averaged == "":
        return _nothing_positive(metric, sample)
    return None


def _flat(metric: Metric, sample: Sample) -> str | None:
    if metric.form not in ("r2", "explained_variance"):
        return None
    if len(sample) < 2:
        return "a single row"
    return "all rows have the same truth" if (sample.truth == sample.truth[0]).all() else None


def _lacking_classes(metric: Metric, sample: Sample) -> str | None:
    target = sample.target
    codes = set(sample.codes(sample.truth).tolist())
    if -1 in codes:
        return "holds a class that the model was not trained on"
    if metric.form == "cohen_kappa":
        said = set(sample.codes(sample.prediction).tolist())
        return f"every row is, and was predicted as, {sample.truth[0]}" if len(codes | said) == 1 else None
    if metric.form == "average_precision" and target.binary:
        return None if sample.is_positive.any() else f"no row is {target.positive}"
    if metric.needs == "score" and len(codes) < len(target.classes):
        if len(codes) == 1:
            return f"every row is {sample.truth[0]}"
        lacking = next(value for position, value in enumerate(target.classes) if position not in codes)
        return f"no row is {lacking}"
    return None


def _nothing_positive(metric: Metric, sample: Sample) -> str | None:
    positive = sample.target.positive
    truth, said = bool(sample.is_positive.any()), bool((sample.prediction == positive).any())
    name = (metric.form or "").partition("_")[0]
    if name == "recall":
        return None if truth else f"no row is {positive}"
    if name == "precision":
        return None if said else f"no row was predicted as {positive}"
    return None if truth or said else f"no row is, or was predicted as, {positive}"
