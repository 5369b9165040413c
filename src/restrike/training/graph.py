"""The training section of a config as steps of the pipeline.

Every step gets only the parameters it needs, so that an edit of the estimator leaves the split's key alone and an edit
of a slice leaves the model's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from restrike.evaluation import slices as slicing
from restrike.pipeline.graph import Output, Source, Step, parse_source

NAMES = ("load", "split", "train", "predict", "evaluate")
TRAIN = "train"  # the part that the model is fitted on
ROOM = "restrike.training"

SPLITS = {
    "hash": "by_hash",
    "random": "at_random",
    "stratified": "at_random",
    "column": "by_column",
    "files": "by_file",
}


def steps(
    training: Mapping[str, Any] | None, evaluate: Mapping[str, Any] | None, reads: Mapping[str, Mapping[str, Any]]
) -> tuple[Step, ...]:
    """Return the built-in steps that the resolved sections `training` and `evaluate` stand for.

    `reads` holds each dataset's `read` declaration. Without a training section (free steps) that is the evaluate step
    alone, and nothing without an evaluate section either.
    """
    if training is None:
        return () if evaluate is None else (_evaluate_free(evaluate, reads),)
    columns = slicing.columns(evaluate.get("slices") or ()) if evaluate else []
    built = [_load(training, columns, reads), _split(training), _train(training), _predict(training, evaluate, columns)]
    if evaluate is not None:
        built.append(_evaluate(evaluate))
    return tuple(built)


def _load(training: Mapping[str, Any], slice_columns: list[str], reads: Mapping[str, Mapping[str, Any]]) -> Step:
    split = training["split"]
    params = {
        "features": training["features"],
        "label": training["label"],
        "columns": _further_columns(training),
        "slice_columns": slice_columns,
        "key": _key(split),
    }
    if split["method"] != "files":
        name = training["train_on"]
        params |= {"read": dict(reads.get(name, {})), "name": name}
        return _step("load", "load:load", {"data": Source("data", name)}, params, ("table",))
    files: dict[str, str] = split["files"]
    params["files"] = {part: {"name": name, "read": dict(reads.get(name, {}))} for part, name in files.items()}
    inputs = {f"part_{part}": Source("data", name) for part, name in files.items()}
    return _step("load", "load:load_files", inputs, params, ("table", "origin"))


def _split(training: Mapping[str, Any]) -> Step:
    split = training["split"]
    method = split["method"]
    table = Source("step", "load", "table")
    params: dict[str, Any] = {}
    if method == "files":
        return _step("split", "split:by_file", {"origin": Source("step", "load", "origin")}, params, ("membership",))
    if method == "column":
        params = {"column": split["column"], "parts": split.get("parts")}
    elif method == "hash":
        params = {"fractions": split["fractions"], "key": _key(split), "salt": split.get("salt", "")}
    else:
        stratify = training["label"] if method == "stratified" else split.get("stratify")
        params = {"fractions": split["fractions"], "stratify": stratify}
    seed = "run" if SPLITS[method] == "at_random" else "step"
    return _step("split", f"split:{SPLITS[method]}", {"table": table}, params, ("membership",), seed=seed)


def _train(training: Mapping[str, Any]) -> Step:
    estimator = {"use": training["train"]["use"], "params": training["train"].get("params") or {}}
    params = {
        "features": training["features"],
        "label": training["label"],
        "weight": training.get("weight"),
        "task": training.get("task"),
        "preprocess": training.get("preprocess") or {},
        "estimator": estimator,
    }
    inputs = {"table": Source("step", "load", "table"), "membership": Source("step", "split", "membership")}
    return _step("train", "train:train", inputs, params, ("model",))


def _predict(training: Mapping[str, Any], evaluate: Mapping[str, Any] | None, slice_columns: list[str]) -> Step:
    params = {
        "features": training["features"],
        "label": training["label"],
        "task": training.get("task"),
        "positive": training.get("positive"),
        "threshold": training.get("threshold"),
        "parts": evaluate.get("on") if evaluate else None,
        "slice_columns": slice_columns,
    }
    inputs = {
        "model": Source("step", "train", "model"),
        "table": Source("step", "load", "table"),
        "membership": Source("step", "split", "membership"),
    }
    return _step("predict", "predict:predict", inputs, params, ("predictions", "target"))


def _evaluate(evaluate: Mapping[str, Any]) -> Step:
    inputs = {name: Source("step", "predict", name) for name in ("predictions", "target")}
    return _step("evaluate", "evaluate:evaluate", inputs, _judging(evaluate), ("metrics", "slices"))


def _evaluate_free(evaluate: Mapping[str, Any], reads: Mapping[str, Mapping[str, Any]]) -> Step:
    inputs = {"predictions": parse_source(evaluate["predictions"])}
    names = ("truth", "key", "prediction", "score", "task", "positive")
    params = _judging(evaluate) | {name: evaluate.get(name) for name in names} | {"parts": evaluate.get("on")}
    if dataset := evaluate.get("data"):
        inputs["data"] = Source("data", dataset)
        params["read"] = dict(reads.get(dataset, {}))
    return _step("evaluate", "evaluate:evaluate_table", inputs, params, ("metrics", "slices", "rows", "target"))


def _judging(evaluate: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "metrics": list(evaluate["metrics"]),
        "slices": list(evaluate.get("slices") or ()),
        "intervals": dict(evaluate.get("intervals") or {}),
    }


def _key(split: Mapping[str, Any]) -> list[str] | None:
    key = split.get("key")
    return [key] if isinstance(key, str) else (list(key) if key else None)


def _further_columns(training: Mapping[str, Any]) -> list[str]:
    """Return the columns besides features, label and key that the steps after `load` read."""
    split = training["split"]
    wanted = (training.get("weight"), split.get("column"), split.get("stratify"))
    return list(dict.fromkeys(column for column in wanted if column))


def _step(
    name: str,
    function: str,
    inputs: dict[str, Source],
    params: dict[str, Any],
    outputs: tuple[str, ...],
    seed: Any = "step",
) -> Step:
    return Step(
        name=name,
        use=f"{ROOM}.{function}",
        inputs=inputs,
        params=params,
        outputs=tuple(Output(output) for output in outputs),
        seed=seed,
        builtin=True,
    )
