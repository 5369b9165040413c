"""The resolved document: every default filled in, every short form written out, plain JSON values only.

Two configurations that mean the same give the same document, so mappings come out sorted as canonical JSON has them,
and what only looks like a choice (the order of names in a set) is sorted too.
"""

from __future__ import annotations

from typing import Any

from restrike.base import canonical
from restrike.config.grammar_pipeline import CommandStep, Document, PredictionsEvaluation
from restrike.pipeline.graph import OUTPUT, parse_source

DEFAULT_SPLIT = {"method": "hash", "fractions": {"test": 0.2, "train": 0.8}, "key": None, "salt": ""}


def document(model: Document, folder: str) -> dict[str, Any]:
    """Return the resolved document of a configuration that passed all checks; `folder` is the default name."""
    resolved: dict[str, Any] = {
        "restrike": 1,
        "name": model.name if model.name is not None else folder,
        "seed": model.seed,
        "environment": _environment(model),
        "numeric": {"profile": model.numeric.profile, "threads": model.numeric.threads or model.threads},
        "snapshot": model.snapshot.model_dump(),
        "allow": model.allow.model_dump(),
        "seal": model.seal,
        "store": model.store,
        "data": {name: data.model_dump() for name, data in model.data.items()},
        "evaluate": _evaluation(model),
        "gates": _gates(model),
    }
    resolved |= _training(model) if model.train_on is not None else {"steps": _steps(model)}
    plain: dict[str, Any] = canonical.loads(canonical.dumps(resolved))
    return plain


def parts(model: Document) -> list[str] | None:
    """Return the parts of the split as the file lists them; None if only the data can tell."""
    split: Any = model.split
    if split is None:
        return ["train", "test"]
    named = getattr(split, "fractions", None) or getattr(split, "parts", None) or getattr(split, "files", None)
    return list(named) if named else None


def judged_parts(model: Document) -> list[str] | None:
    """Return the parts that metrics are computed on, as the file lists them; None if only the data can tell."""
    evaluation = model.evaluate
    if evaluation is not None and evaluation.on:
        return list(evaluation.on)
    if isinstance(evaluation, PredictionsEvaluation):
        return ["test"]  # what a table without a column `part` counts as
    known = parts(model) if model.train_on is not None else None
    return [part for part in known if part != "train"] if known is not None else None


def metric_name(metric: Any) -> str:
    """Return the name under which a metric is reported."""
    if isinstance(metric, str):
        return metric
    name: str = metric.name or metric.use.rpartition(":")[2].rpartition(".")[2]
    return name


def _environment(model: Document) -> dict[str, Any]:
    env = model.environment.env
    variables = {"pass": sorted(env.passed), "secret": sorted(env.secret), "set": dict(env.stated)}
    return {"python": model.environment.python, "env": variables}


def _training(model: Document) -> dict[str, Any]:
    features = model.features or {}
    chains = {name: [step.model_dump() for step in chain] for name, chain in model.preprocess.items()}
    return {
        "train_on": model.train_on,
        "features": {name: list(columns) for name, columns in features.items()},
        "label": model.label,
        "task": model.task,
        "positive": model.positive,
        "weight": model.weight,
        "threshold": model.threshold,
        "split": model.split.model_dump() if model.split is not None else DEFAULT_SPLIT,
        "preprocess": {name: chains.get(name) or "passthrough" for name in features},
        "train": model.train.model_dump() if model.train is not None else None,
    }


def _steps(model: Document) -> dict[str, Any]:
    return {name: _step(step, model.allow.network) for name, step in (model.steps or {}).items()}


def _step(step: Any, network: bool) -> dict[str, Any]:
    common = {
        "inputs": {name: str(parse_source(source)) for name, source in step.inputs.items()},
        "timeout": step.timeout,
        "network": network if step.network is None else step.network,
    }
    if isinstance(step, CommandStep):
        outputs = [
            {"name": name, "path": output.path, "as": output.kind} for name, output in sorted(step.outputs.items())
        ]
        return common | {"run": step.run, "shell": step.shell, "outputs": outputs}
    # The order is kept: a function that returns several values returns them in this order.
    outputs = [{"name": name, "path": None, "as": output.kind} for name, output in step.outputs.items()]
    default = [{"name": OUTPUT, "path": None, "as": None}]
    return common | {"use": step.use, "params": step.params, "outputs": outputs or default}


def _evaluation(model: Document) -> dict[str, Any] | None:
    evaluation = model.evaluate
    if evaluation is None:
        return None
    written = evaluation.model_dump()
    written["metrics"] = [
        metric if isinstance(metric, str) else metric.model_dump() | {"name": metric_name(metric)}
        for metric in evaluation.metrics
    ]
    if isinstance(evaluation, PredictionsEvaluation):
        written["on"] = sorted(evaluation.on) if evaluation.on else None
        written["predictions"] = str(parse_source(evaluation.predictions))
    else:
        judged = judged_parts(model)
        written["on"] = sorted(judged) if judged is not None else None
    return written


def _gates(model: Document) -> list[dict[str, Any]]:
    judged = judged_parts(model)
    usual = None
    if model.train_on is not None or model.evaluate is not None:
        usual = "test" if not judged or "test" in judged else judged[-1]
    return [
        {key: value for key, value in gate.model_dump().items() if value is not None} | {"on": gate.on or usual}
        for gate in model.gates
    ]
