"""The sections of `restrike.yaml` that say what a run works on: environment, data, components, splits."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from restrike.config.grammar_types import (
    Columns,
    DataPath,
    Distinct,
    Encoding,
    Json,
    Listed,
    Module,
    Name,
    Network,
    Number,
    Params,
    Scalar,
    Section,
    Separator,
    Share,
    TakenBack,
    Text,
    Use,
    Variable,
    chosen,
)


class Variables(Section):
    passed: Annotated[list[Variable], Distinct] = Field(
        default=[],
        alias="pass",
        description="handed on to every step; their values are part of the recipe",
    )
    secret: Annotated[list[Variable], Distinct] = Field(
        default=[], description="handed on to every step; their values are never written down"
    )
    stated: Annotated[dict[Variable, str], TakenBack] = Field(
        default={}, alias="set", description="variables with the value that they have in every step"
    )


class Environment(Section):
    python: Text | None = Field(default=None, description="interpreter or virtual environment; relative to the project")
    env: Variables = Field(default=Variables(), description="environment variables of the steps")


class Numeric(Section):
    profile: Literal["portable", "native"] = Field(
        default="portable", description="portable: the same bits on every x86-64 machine; native: fastest"
    )
    threads: Annotated[int, Field(ge=1, le=4096)] | None = Field(default=None, description="of numeric libraries")


class SnapshotLimits(Section):
    max_file_mb: Annotated[Number, Field(gt=0)] = Field(default=10.0, description="larger untracked files are left out")
    max_total_mb: Annotated[Number, Field(gt=0)] = Field(default=100.0, description="limit of them all together")
    include: list[Text] = Field(default=[], description="patterns of files that are taken in all the same")
    exclude: list[Text] = Field(default=[], description="patterns of files that are left out")


class Allow(Section):
    network: Network = Field(
        default=False,
        description="let steps use the network: hosts by name, or true for all of it, and the run is not fully sealed",
    )


class Read(Section):
    header: bool = Field(default=True, description="whether the first row names the columns")
    columns: Columns | None = Field(default=None, description="the columns' names, in order")
    separator: Separator | None = Field(default=None, description="one character; by default from the file's name")
    encoding: Encoding = Field(default="utf-8", description="text encoding of the file")
    types: Annotated[dict[Text, Literal["int", "float", "text", "bool", "category"]], TakenBack] = Field(
        default={}, description="types of columns that should not be guessed"
    )
    missing: Annotated[list[str], Distinct] | None = Field(default=None, description="texts that mean a missing value")


class Data(Section):
    path: DataPath = Field(description="file or folder, relative to the project or absolute")
    read: Read = Field(default=Read(), description="how the file is read as a table")


def from_path(value: Any) -> Any:
    """Let a text stand for a mapping with nothing but a path."""
    return {"path": value} if isinstance(value, str) else value


Dataset = Annotated[Data, BeforeValidator(from_path, json_schema_input_type=Data | str)]


class Component(Section):
    use: Use
    params: Params = Field(default={}, description="keyword arguments")


class Estimator(Component):
    preload: Annotated[list[Module], Distinct] = Field(
        default=[], description="modules that are imported once and shared by all steps"
    )


class HashSplit(Section):
    method: Literal["hash"]
    fractions: dict[Name, Share] = Field(description="share of each part; 1 in all")
    key: Annotated[Columns | None, Listed] = Field(
        default=None, description="columns that identify a row; by default its whole content"
    )
    salt: str = Field(default="", description="another salt gives another split")


class RandomSplit(Section):
    method: Literal["random"]
    fractions: dict[Name, Share] = Field(description="share of two or three parts; 1 in all")
    stratify: Text | None = Field(default=None, description="column whose shares every part keeps")


class StratifiedSplit(Section):
    method: Literal["stratified"]
    fractions: dict[Name, Share] = Field(description="share of two or three parts; 1 in all; stratified by the label")


class ColumnSplit(Section):
    method: Literal["column"]
    column: Text = Field(description="column that says which part a row belongs to")
    parts: dict[Name, Annotated[list[Scalar], Field(min_length=1)]] | None = Field(
        default=None, description="values of each part; by default the values are the parts' names"
    )


class FilesSplit(Section):
    method: Literal["files"]
    files: dict[Name, Name] = Field(description="dataset of each part")


SPLITS: dict[str, type[Section]] = {
    "hash": HashSplit,
    "random": RandomSplit,
    "stratified": StratifiedSplit,
    "column": ColumnSplit,
    "files": FilesSplit,
}


class AnySplit(Section):
    """Stands in where `method` is missing or unknown, so that the error speaks of nothing else."""

    method: Literal["hash", "random", "stratified", "column", "files"]
    fractions: Any = None
    key: Any = None
    salt: Any = None
    stratify: Any = None
    column: Any = None
    parts: Any = None
    files: Any = None


def _split_form(value: Json) -> type[Section]:
    method = value.get("method")
    return SPLITS.get(method, AnySplit) if isinstance(method, str) else AnySplit


Split = Annotated[
    HashSplit | RandomSplit | StratifiedSplit | ColumnSplit | FilesSplit,
    chosen(_split_form),
]


def _chain(value: Any) -> Any:
    return [] if value == "passthrough" else value


Chain = Annotated[
    list[Component],
    BeforeValidator(_chain, json_schema_input_type=list[Component] | Literal["passthrough"]),
]
