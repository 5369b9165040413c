"""What sections of a configuration say about each other.

A check is told which sections could not be read (`broken`) and says nothing that rests on those, so that every
problem that is certain is reported at once and none that only follows from another.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator
from typing import Any

from restrike.config import resolved
from restrike.config.checks_evaluation import evaluation_faults, gate_faults, slice_columns
from restrike.config.checks_steps import step_faults
from restrike.config.errors import MINIMAL
from restrike.config.grammar import ColumnSplit, FilesSplit
from restrike.config.grammar_pipeline import Document
from restrike.config.tree import Path
from restrike.config.wording import Fault, near, undeclared

_TRAINING_ONLY = ("features", "label", "task", "positive", "weight", "threshold", "split", "preprocess", "train")


def faults(model: Document, written: Collection[str], broken: Collection[str]) -> Iterator[Fault]:
    """Yield what does not fit together; `written` are the top-level keys that the user gave."""
    yield from _version(model, broken)
    yield from _pipeline(model, written, broken)
    for needs, check in _CHECKS:
        if not set(needs) & set(broken):
            yield from check(model)


def _version(model: Document, broken: Collection[str]) -> Iterator[Fault]:
    if model.restrike is None and "restrike" not in broken:
        yield Fault(("restrike",), "'restrike: 1' is missing: it names the version of the grammar")


def _pipeline(model: Document, written: Collection[str], broken: Collection[str]) -> Iterator[Fault]:
    """Yield faults in the choice between the built-in training pipeline and steps of one's own."""
    training, own = "train_on" in written, "steps" in written
    if training and own:
        yield Fault(("steps",), "'steps' and 'train_on' are two kinds of pipeline; give one of them", at_key=True)
    elif own:
        for key in _TRAINING_ONLY:
            if key in written:
                yield Fault(
                    (key,), f"'{key}' belongs to the built-in pipeline ('train_on'), not to 'steps'", at_key=True
                )
    elif training:
        for key in ("features", "label", "train"):
            if key not in written and key not in broken:
                yield Fault((key,), f"'{key}' is missing: 'train_on' needs features, label and train")
    elif any(key in written for key in _TRAINING_ONLY):
        yield Fault(("train_on",), "'train_on' is missing: it names the dataset to train on", "train_on: NAME")
    else:
        yield Fault((), "there is no pipeline: give 'train_on' (built-in training) or 'steps' (your own)", MINIMAL)
    if own and model.steps == {} and "steps" not in broken:
        yield Fault(("steps",), "'steps' is empty")


def _datasets(model: Document) -> Iterator[Fault]:
    known = list(model.data)
    if model.train_on is not None and model.train_on not in known:
        yield undeclared(("train_on",), model.train_on, known)
    if isinstance(model.split, FilesSplit):
        for part, name in model.split.files.items():
            if name not in known:
                yield undeclared(("split", "files", part), name, known)


def _split(model: Document) -> Iterator[Fault]:
    split: Any = model.split
    fractions = getattr(split, "fractions", None)
    named = resolved.parts(model)
    if split is None or (named is None and isinstance(split, ColumnSplit)):
        return
    where = ("split", "fractions" if fractions is not None else "files" if hasattr(split, "files") else "parts")
    names = named or []
    if "train" not in names:
        yield Fault(where, f"'split' has no part 'train'{near('train', names, 'parts')}")
    elif len(names) < 2:
        yield Fault(where, "'split' has only the part 'train'; nothing is left to judge the model on")
    if not fractions:
        return
    if not math.isclose(total := math.fsum(fractions.values()), 1, abs_tol=1e-9):
        yield Fault(where, f"'split.fractions' have to add up to 1, not {total:.10g}")
    if split.method != "hash" and len(fractions) > 3:
        yield Fault(
            where, f"'split.fractions' have to be two or three for method '{split.method}', not {len(fractions)}"
        )


def _features(model: Document) -> Iterator[Fault]:
    features = model.features
    if features is None:
        return
    if not features:
        yield Fault(("features",), "'features' is empty")
    for group, columns in features.items():
        if model.label in columns:
            told = f"'{model.label}' is the label and cannot be a feature"
            yield Fault(("features", group, columns.index(model.label)), told)
    for group in model.preprocess:
        if group not in features:
            told = f"'preprocess' names no group of features: '{group}'{near(group, list(features), 'groups')}"
            yield Fault(("preprocess", group), told, at_key=True)


def _columns(model: Document) -> Iterator[Fault]:
    """Yield columns that a dataset, whose columns are declared, does not have."""
    for name, data in model.data.items():
        for column in data.read.types:
            if data.read.columns is not None and column not in data.read.columns:
                told = f"dataset '{name}' has no column '{column}'{near(column, data.read.columns, 'columns')}"
                yield Fault(("data", name, "read", "types", column), told, at_key=True)
    declared = model.data.get(model.train_on or "")
    if declared is None or declared.read.columns is None:
        return
    known = declared.read.columns
    for path, column in _named_columns(model):
        if column not in known:
            yield Fault(path, f"dataset '{model.train_on}' has no column '{column}'{near(column, known, 'columns')}")


def _named_columns(model: Document) -> Iterator[tuple[Path, str]]:
    for group, columns in (model.features or {}).items():
        for position, column in enumerate(columns):
            yield ("features", group, position), column
    for key in ("label", "weight"):
        if (column := getattr(model, key)) is not None:
            yield (key,), column
    split: Any = model.split
    for position, column in enumerate(getattr(split, "key", None) or []):
        yield ("split", "key", position), column
    for key in ("stratify", "column"):
        named = getattr(split, key, None)
        if named is not None:
            yield ("split", key), named
    yield from slice_columns(model)


def _variables(model: Document) -> Iterator[Fault]:
    env = model.environment.env
    for position, name in enumerate(env.secret):
        if name in env.passed:
            told = f"variable '{name}' is under both 'pass' and 'secret'; 'pass' would record its value"
            yield Fault(("environment", "env", "secret", position), told)
    for name in env.stated:
        if name in env.passed or name in env.secret:
            told = f"variable '{name}' is under 'set' and also handed on from outside"
            yield Fault(("environment", "env", "set", name), told, at_key=True)


def _threads(model: Document) -> Iterator[Fault]:
    if model.threads is not None and model.numeric.threads is not None:
        yield Fault(("threads",), "'threads' is short for 'numeric.threads'; give one of them", at_key=True)


_CHECKS: tuple[tuple[tuple[str, ...], Callable[[Document], Iterator[Fault]]], ...] = (
    (("data", "train_on", "split"), _datasets),
    (("split",), _split),
    (("features", "label", "preprocess"), _features),
    (("data", "train_on", "features", "label", "weight", "split", "evaluate"), _columns),
    (("data", "evaluate", "split", "steps", "train_on"), evaluation_faults),
    (("gates", "evaluate", "split", "steps"), gate_faults),
    (("environment",), _variables),
    (("threads", "numeric"), _threads),
    (("data", "steps", "evaluate"), step_faults),
)
