"""The graph of a pipeline: steps as declared, the sources they read from, and an order to execute them in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

OUTPUT = "output"  # the name of a step's only output where none is declared


class GraphError(Exception):
    """The steps do not form a pipeline; `step` is the one at fault and `key` the part of it, for who knows lines."""

    def __init__(self, message: str, step: str, key: str | None = None):
        super().__init__(message)
        self.message, self.step, self.key = message, step, key


@dataclass(frozen=True)
class Source:
    """Where an input comes from: a dataset of the project (`data.NAME`) or an output of another step."""

    kind: Literal["data", "step"]
    name: str
    output: str | None = None  # of a step; None for a dataset

    def __str__(self) -> str:
        if self.kind == "data":
            return f"data.{self.name}"
        return self.name if self.output in (None, OUTPUT) else f"{self.name}.{self.output}"


@dataclass(frozen=True)
class Output:
    """One output of a step.

    `path` is set for command steps: where, relative to the working directory, the command leaves it.
    `kind` is "metrics" for outputs declared `as: metrics` (a JSON mapping of names to numbers), else "artifact".
    """

    name: str
    path: str | None = None
    kind: Literal["artifact", "metrics"] = "artifact"


@dataclass(frozen=True)
class Step:
    """A node of the pipeline as declared. Exactly one of `use` (module:function) and `command` is set."""

    name: str
    use: str | None = None
    command: tuple[str, ...] | None = None
    shell: bool = False
    inputs: dict[str, Source] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)
    outputs: tuple[Output, ...] = (Output(OUTPUT),)
    timeout: float | None = None  # seconds of wall time
    network: bool | tuple[str, ...] = False  # all of it, or hosts by name (restrike.pipeline.hosts)
    seed: Literal["step", "run"] = "step"  # the run's own seed (a random split), or one derived from the step's name
    builtin: bool = False  # a step of restrike.training, executed from the engine

    def document(self) -> dict[str, Any]:
        """Return the step as it stands in the recipe: everything here bears on the result."""
        return {
            "name": self.name,
            "use": self.use,
            "command": list(self.command) if self.command is not None else None,
            "shell": self.shell,
            "inputs": {name: str(source) for name, source in sorted(self.inputs.items())},
            "params": self.params,
            "outputs": [{"name": out.name, "path": out.path, "kind": out.kind} for out in self.outputs],
            "network": self.network if isinstance(self.network, bool) else list(self.network),
            "seed": self.seed,
        }

    def upstream(self) -> set[str]:
        return {source.name for source in self.inputs.values() if source.kind == "step"}


def network_of(declared: bool | Sequence[str]) -> bool | tuple[str, ...]:
    """Return the network of a step as a document holds it; no host at all is no network."""
    return declared if isinstance(declared, bool) else tuple(declared) or False


def parse_source(text: str) -> Source:
    """Read `data.NAME`, `STEP` or `STEP.OUTPUT`."""
    head, _, tail = text.partition(".")
    if head == "data" and tail:
        return Source("data", tail)
    return Source("step", head, tail or OUTPUT)


def ordered(steps: Iterable[Step], datasets: Iterable[str] = ()) -> list[Step]:
    """Return the steps in an order in which every one comes after what it reads, declared order kept where free.

    Raise GraphError for a name used twice, a source that does not exist or a circle.
    """
    waiting: dict[str, Step] = {}
    for step in steps:
        if step.name in waiting:
            raise GraphError(f"step '{step.name}' is declared twice", step.name)
        waiting[step.name] = step
    known = set(datasets)
    for step in waiting.values():
        _check_sources(step, waiting, known)
    result: list[Step] = []
    done: set[str] = set()
    while waiting:
        ready = next((step for step in waiting.values() if step.upstream() <= done), None)
        if ready is None:
            circle = _circle(waiting)
            raise GraphError("the steps form a circle: " + " -> ".join(circle), circle[0], "inputs")
        result.append(waiting.pop(ready.name))
        done.add(ready.name)
    return result


def _check_sources(step: Step, steps: dict[str, Step], datasets: set[str]) -> None:
    for name, source in step.inputs.items():
        key = f"inputs.{name}"
        if source.kind == "data":
            if source.name not in datasets:
                message = f"step '{step.name}' reads data '{source.name}', which is not declared"
                raise GraphError(message, step.name, key)
        elif source.name not in steps:
            raise GraphError(f"step '{step.name}' reads step '{source.name}', which does not exist", step.name, key)
        elif source.output not in {output.name for output in steps[source.name].outputs}:
            outputs = ", ".join(output.name for output in steps[source.name].outputs)
            message = f"step '{source.name}' has no output '{source.output}' (it has: {outputs})"
            raise GraphError(message, step.name, key)


def _circle(steps: dict[str, Step]) -> list[str]:
    path, name = [], next(iter(steps))
    while name not in path:
        path.append(name)
        name = next(source for source in steps[name].inputs.values() if source.name in steps).name
    return [*path[path.index(name) :], name]
