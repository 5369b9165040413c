"""A configuration that is right: resolved, with the origin of every value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from restrike.config import tree
from restrike.pipeline.graph import Output, Step, network_of, ordered, parse_source

DEFAULT = "default"
_SORTED = (("environment", "env", "pass"), ("environment", "env", "secret"), ("evaluate", "on"), ("allow", "network"))
_OUTSIDE_RECIPE = ("name", "gates", "seal", "store")
_TRAINING = ("train_on", "features", "label", "task", "positive", "weight", "threshold", "split", "preprocess", "train")


@dataclass(frozen=True)
class DataDecl:
    """A dataset as declared: `path` is relative to the project or absolute, `read` has every default filled in."""

    name: str
    path: str
    read: dict[str, Any]


@dataclass(frozen=True)
class EnvironmentDecl:
    """Which interpreter, and which environment variables reach the steps."""

    python: str | None
    pass_: tuple[str, ...]
    secret: tuple[str, ...]
    set: dict[str, str]


@dataclass(frozen=True)
class Config:
    """A resolved configuration. `document` is stored with the run; `recipe` is the part that bears on the result."""

    path: Path
    sources: tuple[Path, ...]
    document: dict[str, Any]
    recipe: dict[str, Any]
    steps: tuple[Step, ...]
    origins: dict[str, str] = field(repr=False)  # of what was written, by dotted path

    @property
    def name(self) -> str:
        return str(self.document["name"])

    @property
    def seed(self) -> int:
        return int(self.document["seed"])

    @property
    def data(self) -> dict[str, DataDecl]:
        return {name: DataDecl(name, data["path"], data["read"]) for name, data in self.document["data"].items()}

    @property
    def training(self) -> dict[str, Any] | None:
        return {key: self.document[key] for key in _TRAINING} if "train_on" in self.document else None

    @property
    def evaluate(self) -> dict[str, Any] | None:
        evaluation: dict[str, Any] | None = self.document["evaluate"]
        return evaluation

    @property
    def gates(self) -> list[dict[str, Any]]:
        return list(self.document["gates"])

    @property
    def environment(self) -> EnvironmentDecl:
        declared = self.document["environment"]
        env = declared["env"]
        return EnvironmentDecl(declared["python"], tuple(env["pass"]), tuple(env["secret"]), env["set"])

    @property
    def numeric(self) -> dict[str, Any]:
        return dict(self.document["numeric"])

    @property
    def seal(self) -> str:
        """Say what becomes of a step that asks for what is not declared: "strict" or "warn"."""
        return str(self.document["seal"])

    @property
    def store(self) -> str | None:
        """Return where the store is, as it is written; None for the project's own."""
        return self.document.get("store")

    @property
    def snapshot(self) -> dict[str, Any]:
        return dict(self.document["snapshot"])

    def origin(self, dotted: str) -> str:
        """Return where a value was written: `FILE:LINE:COL`, `--set KEY=VALUE` or `default`.

        Raise KeyError for a key that the document does not have.
        """
        if dotted in self.origins:
            return self.origins[dotted]
        if any(tree.dotted(path) == dotted for path, _ in _walk(self.document)):
            return DEFAULT
        raise KeyError(dotted)

    def document_with_origins(self) -> dict[str, dict[str, Any]]:
        """Return `{dotted key: {"value", "origin"}}` for every value that is no mapping and no list with content."""
        return {
            tree.dotted(path): {"value": value, "origin": self.origins.get(tree.dotted(path), DEFAULT)}
            for path, value in _walk(self.document)
            if not value or not isinstance(value, dict | list)
        }


def recipe(resolved: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a resolved document that bears on the result."""
    kept = {key: value for key, value in resolved.items() if key not in _OUTSIDE_RECIPE}
    kept["environment"] = {"env": resolved["environment"]["env"]}
    return kept


def steps_of(document: dict[str, Any], order: Sequence[str] = ()) -> tuple[Step, ...]:
    """Return the user's own steps, each after those that it reads and otherwise in the order given, then by name.

    Raise GraphError where they form no pipeline.
    """
    steps: dict[str, Any] = document.get("steps", {})
    names = [*(name for name in order if name in steps), *(name for name in steps if name not in order)]
    return tuple(ordered((_step(name, steps[name]) for name in names), document["data"]))


def _step(name: str, step: dict[str, Any]) -> Step:
    command = step.get("run")
    return Step(
        name=name,
        use=step.get("use"),
        command=tuple(command) if command is not None else None,
        shell=step.get("shell", False),
        inputs={argument: parse_source(source) for argument, source in step["inputs"].items()},
        params=step.get("params", {}),
        outputs=tuple(Output(out["name"], out["path"], out["as"] or "artifact") for out in step["outputs"]),
        timeout=step["timeout"],
        network=network_of(step["network"]),
    )


def origins_of(document: dict[str, Any], root: tree.Node) -> dict[str, str]:
    """Return the place of every value of a resolved document that somebody wrote."""
    found: dict[str, str] = {}
    for path, _ in _walk(document):
        written = _written(path, document, root)
        node, depth = root.nearest(written)
        whole = depth == len(written)
        if node is root or node.value is None or (not whole and isinstance(node.value, dict)):
            continue
        found[tree.dotted(path)] = str(node.told_at if whole else node.place)
    return found


def _written(path: tree.Path, document: dict[str, Any], root: tree.Node) -> tree.Path:
    """Return where a value of the document stands in the file, which may give it in another form or order."""
    if path == ("numeric", "threads") and root.child("threads") is not None:
        return ("threads",)
    if path[:-1] in _SORTED or (path[0] == "steps" and path[2:-1] == ("network",)):
        return path[:-1]
    if path[0] == "steps" and path[2:3] == ("outputs",) and len(path) > 3:
        listed, _ = root.nearest(path[:3])
        if isinstance(listed.value, dict) and isinstance(path[3], int):
            return (*path[:3], document["steps"][path[1]]["outputs"][path[3]]["name"], *path[4:])
    return path


def _walk(value: Any, path: tree.Path = ()) -> Iterator[tuple[tree.Path, Any]]:
    if path:
        yield path, value
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _walk(below, (*path, key))
    elif isinstance(value, list):
        for position, below in enumerate(value):
            yield from _walk(below, (*path, position))
