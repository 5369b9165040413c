"""What the steps of a pipeline say about each other, about data and in their placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from restrike.config.grammar_pipeline import CallStep, CommandStep, Document, PredictionsEvaluation
from restrike.config.tree import Path
from restrike.config.wording import Fault, near
from restrike.pipeline.graph import OUTPUT, GraphError, Output, Source, Step, ordered, parse_source

PLACEHOLDER = re.compile(r"\{(inputs|outputs)\.([^{}]*)\}")
_ALMOST = re.compile(r"\{(input|output|params|data|steps)\.[^{}]*\}")


def step_faults(model: Document) -> Iterator[Fault]:
    """Yield what is wrong within and between steps; a circle only where all they read exists."""
    steps = model.steps or {}
    found: list[Fault] = []
    for name, step in steps.items():
        found += _sources(name, step, model)
        if isinstance(step, CommandStep):
            found += _command(name, step)
    evaluation = model.evaluate
    if isinstance(evaluation, PredictionsEvaluation) and model.steps is not None:
        found += _source(evaluation.predictions, ("evaluate", "predictions"), model)
    if evaluation is not None and "evaluate" in steps:
        told = "step 'evaluate' has the name of the step that 'evaluate' adds; choose another"
        found.append(Fault(("steps", "evaluate"), told, at_key=True))
    yield from found
    if not found:
        yield from _circle(steps)


def _sources(name: str, step: CallStep | CommandStep, model: Document) -> Iterator[Fault]:
    for argument, text in step.inputs.items():
        yield from _source(text, ("steps", name, "inputs", argument), model)
        if isinstance(step, CallStep) and argument in step.params:
            told = f"argument '{argument}' of step '{name}' is under both 'inputs' and 'params'"
            yield Fault(("steps", name, "params", argument), told, at_key=True)


def _source(text: str, path: Path, model: Document) -> Iterator[Fault]:
    """Yield a fault if a text names nothing that can be read."""
    source, steps = parse_source(text), model.steps or {}
    if source.kind == "data" or text == "data":
        if source.name not in model.data:
            yield Fault(path, f"no dataset '{source.name}' is declared{near(source.name, list(model.data), 'data')}")
    elif source.name not in steps:
        hint = f"{path[-1]}: data.{text}" if text in model.data else None
        told = f"no step is named '{source.name}'{near(source.name, list(steps), 'steps')}"
        yield Fault(path, f"'{text}' is a dataset, not a step; write data.{text}" if hint else told, hint)
    else:
        outputs = list(steps[source.name].outputs) or _unnamed(steps[source.name])
        if source.output not in outputs:
            yield Fault(path, _no_output(source, outputs))


def _unnamed(step: CallStep | CommandStep) -> list[str]:
    return [OUTPUT] if isinstance(step, CallStep) else []


def _no_output(source: Source, outputs: list[str]) -> str:
    if not outputs:
        return f"step '{source.name}' has no outputs; declare them under its 'outputs'"
    if source.output == OUTPUT:
        return f"step '{source.name}' has several outputs or a named one; say which: {source.name}.{outputs[0]}"
    if outputs == [OUTPUT]:
        return f"step '{source.name}' has no output '{source.output}'; it names none under 'outputs'"
    return f"step '{source.name}' has no output '{source.output}'{near(str(source.output), outputs, 'outputs')}"


def _command(name: str, step: CommandStep) -> Iterator[Fault]:
    path: Path = ("steps", name, "run")
    if not "".join(step.run).strip():
        yield Fault(path, f"'steps.{name}.run' is empty")
    for position, word in enumerate(step.run):
        for kind, key in PLACEHOLDER.findall(word):
            declared = list(step.inputs if kind == "inputs" else step.outputs)
            if step.shell:
                told = f"'{{{kind}.{key}}}' is filled in argument lists only, not in text for a shell"
                yield Fault(path, told, "give 'run' as a list, or use the fixed path: /inputs/NAME")
            elif key not in declared:
                told = f"'{{{kind}.{key}}}' names none of the {kind} of step '{name}'{near(key, declared, kind)}"
                yield Fault((*path, position), told)
        if almost := _ALMOST.search(word):
            told = f"'{almost[0]}' is no placeholder; there are only {{inputs.NAME}} and {{outputs.NAME}}"
            yield Fault((*path, position), told)
    yield from _same_path(name, step)


def _same_path(name: str, step: CommandStep) -> Iterator[Fault]:
    first: dict[str, str] = {}
    for output, declared in step.outputs.items():
        if declared.path in first:
            told = f"outputs '{first[declared.path]}' and '{output}' of step '{name}' have the same path"
            yield Fault(("steps", name, "outputs", output), told)
        first.setdefault(declared.path, output)


def _circle(steps: dict[str, Any]) -> Iterator[Fault]:
    nodes = [
        Step(
            name,
            inputs={
                argument: source
                for argument, text in step.inputs.items()
                if (source := parse_source(text)).kind == "step"
            },
            outputs=tuple(Output(output) for output in step.outputs or (OUTPUT,)),
        )
        for name, step in steps.items()
    ]
    try:
        ordered(nodes)
    except GraphError as error:
        inside = tuple(error.key.split(".")) if error.key else ()
        yield Fault(("steps", error.step, *inside), error.message)
