"""The sections of `restrike.yaml` that say what is done: steps, evaluation, gates; and the document of them all.

Every top-level key is optional here: what has to be there together is a matter between sections and stands in `checks`.
"""

from __future__ import annotations

import shlex
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema, WrapValidator, field_validator

from restrike.config.grammar import (
    Allow,
    Chain,
    Component,
    Dataset,
    Environment,
    Estimator,
    Numeric,
    SnapshotLimits,
    Split,
    from_path,
)
from restrike.config.grammar_types import (
    Argument,
    Columns,
    Distinct,
    Edges,
    Json,
    Listed,
    Name,
    Network,
    Number,
    OutputPath,
    Params,
    Scalar,
    Section,
    StepName,
    TakenBack,
    Text,
    Use,
    chosen,
    wrong,
)
from restrike.config.scalars import described

Inputs = Annotated[dict[Argument, Text], TakenBack]
Seconds = Annotated[Number, Field(gt=0)]


class CallOutput(Section):
    kind: Literal["metrics"] | None = Field(default=None, alias="as", description="metrics: names with numbers")


class CommandOutput(CallOutput):
    path: OutputPath = Field(description="where the command leaves it, relative to its working directory")


def _named(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: {} if item is None else item for name, item in value.items()}
    if not isinstance(value, list):
        raise wrong(f"have to be a list of names or a mapping, not {described(value)}")
    for position, name in enumerate(value):
        if not isinstance(name, str):
            raise wrong(f"have to be names, not {described(name)}", item=position)
        if name in value[:position]:
            raise wrong(f"name '{name}' twice", item=position)
    return {name: {} for name in value}


def _with_paths(value: Any) -> Any:
    if isinstance(value, list):
        raise wrong("have to say where the command leaves them, {NAME: path}, and are a list")
    return value


class CallStep(Section):
    use: Use
    inputs: Inputs = Field(default={}, description="for each argument data.NAME, STEP or STEP.OUTPUT")
    params: Params = Field(default={}, description="further keyword arguments")
    outputs: Annotated[
        dict[Name, CallOutput],
        BeforeValidator(_named, json_schema_input_type=list[str] | dict[str, CallOutput | None]),
    ] = Field(default={}, description="names of what the function returns, in its order")
    timeout: Seconds | None = Field(default=None, description="seconds of wall time")
    network: Network | None = Field(default=None, description="let this step use the network, or hosts by name")


class CommandStep(Section):
    shell: bool = Field(default=False, description="hand the text of run to a shell")
    run: list[str] = Field(
        description="program and arguments, as a list or one text",
        min_length=1,
        json_schema_extra={"type": ["array", "string"]},
    )
    inputs: Inputs = Field(default={}, description="for each name data.NAME, STEP or STEP.OUTPUT")
    outputs: Annotated[
        dict[Name, Annotated[CommandOutput, BeforeValidator(from_path, json_schema_input_type=CommandOutput | str)]],
        TakenBack,
        BeforeValidator(_with_paths),
    ] = Field(default={}, description="files or folders that the command leaves behind")
    timeout: Seconds | None = Field(default=None, description="seconds of wall time")
    network: Network | None = Field(default=None, description="let this step use the network, or hosts by name")

    @field_validator("run", mode="before")
    @classmethod
    def _words(cls, value: Any, info: ValidationInfo) -> Any:
        shell = info.data.get("shell")
        if not isinstance(value, str):
            if shell and isinstance(value, list):
                raise wrong("has to be one text, since shell is true; a list needs no shell")
            return value
        if shell:
            return [value]
        try:
            return shlex.split(value)
        except ValueError:
            raise wrong("has a quote that is not closed") from None


def _step_form(value: Json) -> type[Section]:
    use, run = value.get("use") is not None, value.get("run") is not None
    if use and run:
        raise wrong("has both 'use' (a function) and 'run' (a command); a step is one of them")
    if not use and not run and set(value) <= {*CallStep.keys(), *CommandStep.keys()}:
        raise wrong("has neither 'use' (a function) nor 'run' (a command)")
    return CommandStep if run else CallStep


Step = Annotated[CallStep | CommandStep, chosen(_step_form)]


class CustomMetric(Component):
    name: Name | None = Field(default=None, description="by default the function's name")
    needs: Literal["prediction", "score"] = Field(default="prediction", description="what it is given beside the truth")
    greater_is_better: bool = True


def _metric(value: Any, handler: Any) -> Any:
    if isinstance(value, str):
        if not value.isidentifier():
            raise wrong(f"is no metric's name: '{value}'")
        return value
    if not isinstance(value, dict):
        raise wrong(f"has to be a metric's name or a mapping with use, not {described(value)}")
    return CustomMetric.model_validate(value)


class WhereSlice(Section):
    name: Text
    where: Text = Field(description="an expression over the columns")


class BySlice(Section):
    by: Text = Field(description="column; each of its values is a slice")
    bins: Edges | None = Field(default=None, description="edges that cut a column of numbers into slices")


def _slice_form(value: Json) -> type[Section]:
    return WhereSlice if "where" in value or ("name" in value and "by" not in value) else BySlice


class Intervals(Section):
    method: Literal["bootstrap", "none"] = "bootstrap"
    level: Annotated[Number, Field(gt=0, lt=1)] = Field(default=0.95, description="confidence level")
    samples: Annotated[int, Field(ge=10, le=1_000_000)] = Field(default=1000, description="bootstrap samples")


Metrics = Annotated[
    list[Annotated[str | CustomMetric, WrapValidator(_metric)]],
    Field(min_length=1, description="names as scikit-learn has them, or components"),
]
Slices = list[Annotated[WhereSlice | BySlice, chosen(_slice_form)]]


Parts = Annotated[list[Name], Field(min_length=1), Distinct]
Task = Literal["classification", "regression"]


class PartsEvaluation(Section):
    """Of the built-in pipeline: metrics on parts of the split."""

    on: Parts | None = Field(default=None, description="parts of the split; by default all but train")
    metrics: Metrics
    slices: Slices = Field(default=[])
    intervals: Intervals = Intervals()


class PredictionsEvaluation(Section):
    """Of a pipeline of steps: metrics of a table of predictions that one of them makes."""

    predictions: Text = Field(description="STEP.OUTPUT, a table")
    truth: Text = Field(description="column with the true values")
    key: Annotated[Columns | None, Listed] = Field(default=None, description="columns that identify a row")
    prediction: Text | None = Field(default=None, description="column with the predicted values")
    score: Text | None = Field(default=None, description="column with the scores")
    data: Name | None = Field(default=None, description="dataset with further columns for slices, joined by key")
    task: Task | None = Field(default=None, description="by default as the truth looks")
    positive: Scalar = Field(default=None, description="class that scores are about; of two by default the second")
    on: Parts | None = Field(default=None, description="parts, if the table has a column 'part'")
    metrics: Metrics
    slices: Slices = Field(default=[])
    intervals: Intervals = Intervals()


_ONLY_PREDICTIONS = ("predictions", "truth", "key", "prediction", "score", "data", "task", "positive")


def _evaluation_form(value: Json) -> type[Section]:
    return PredictionsEvaluation if any(key in value for key in _ONLY_PREDICTIONS) else PartsEvaluation


class LimitGate(Section):
    metric: Name
    on: Name | None = Field(default=None, description="part of the split; by default test")
    min: Number | None = None
    max: Number | None = None


def _all_or_names(value: Any) -> Any:
    if value == "all":
        return value
    if not isinstance(value, list) or not value or not all(isinstance(name, str) and name for name in value):
        raise wrong("has to be all or a list of names of slices")
    return value


class BaselineGate(Section):
    metric: Name
    on: Name | None = Field(default=None, description="part of the split; by default test")
    slices: Annotated[
        Any,
        BeforeValidator(_all_or_names),
        WithJsonSchema({"anyOf": [{"const": "all"}, {"type": "array", "items": {"type": "string"}}]}),
    ] = Field(default=None, description="judge slices instead of the whole part")
    against: Text = Field(description="run ID, alias or @last")
    max_drop: Annotated[Number, Field(ge=0)] = Field(description="how much worse is still accepted")
    correction: Literal["holm", "none"] = Field(default="holm", description="for many comparisons at once")
    strict: bool = Field(default=False, description="block unless shown to be equivalent")


_ONLY_BASELINE = ("against", "max_drop", "slices", "correction", "strict")


def _gate_form(value: Json) -> type[Section]:
    return BaselineGate if any(key in value for key in _ONLY_BASELINE) else LimitGate


Evaluation = Annotated[PartsEvaluation | PredictionsEvaluation, chosen(_evaluation_form)]
Gate = Annotated[LimitGate | BaselineGate, chosen(_gate_form)]
Group = Annotated[list[Text], Field(min_length=1), Distinct]


class Document(Section):
    """The whole of `restrike.yaml`."""

    restrike: Literal[1] | None = Field(default=None, description="version of this grammar")
    extends: Text | None = Field(default=None, description="file that this one is laid over, relative to it")
    name: Text | None = Field(default=None, description="by default the name of the project's folder")
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = Field(default=0, description="seed of the run")
    environment: Environment = Environment()
    numeric: Numeric = Numeric()
    threads: Annotated[int, Field(ge=1, le=4096)] | None = Field(default=None, description="short for numeric.threads")
    snapshot: SnapshotLimits = SnapshotLimits()
    allow: Allow = Allow()
    seal: Literal["strict", "warn"] = Field(
        default="strict", description="strict: a step that asks for what is not declared fails; warn: it is told"
    )
    store: Text | None = Field(default=None, description="folder of the store, relative to the project; on one line")
    data: Annotated[dict[Name, Dataset], TakenBack] = Field(default={}, description="datasets by name")
    train_on: Name | None = Field(default=None, description="dataset of the built-in training pipeline")
    features: Annotated[dict[Name, Group], TakenBack] | None = Field(default=None, description="columns by group")
    label: Text | None = Field(default=None, description="column to predict")
    task: Task | None = Field(default=None, description="by default what the estimator does")
    positive: Scalar = Field(default=None, description="class that scores are about; of two by default the second")
    weight: Text | None = Field(default=None, description="column with the weight of each row")
    threshold: Number | None = Field(default=None, description="score from which a row is predicted positive")
    split: Split | None = Field(default=None, description="by default 0.8 train and 0.2 test by hash of the row")
    preprocess: Annotated[dict[Name, Chain], TakenBack] = Field(default={}, description="transformers of each group")
    train: Estimator | None = Field(default=None, description="estimator with scikit-learn's interface")
    steps: Annotated[dict[StepName, Step], TakenBack] | None = Field(default=None, description="your own pipeline")
    evaluate: Evaluation | None = None
    gates: list[Gate] = Field(default=[])
