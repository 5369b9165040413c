"""Which installed modules a run's steps have in common, so that one process imports them for all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from restrike.pipeline.graph import Step

BUILT_IN = ("numpy", "pandas", "pyarrow", "sklearn.compose", "sklearn.pipeline", "sklearn.metrics")
LIBRARIES = ("sklearn.",)  # components whose import has no effect but itself


def modules_for(steps: Iterable[Step]) -> tuple[str, ...]:
    """Return the modules to import once for all; none where a single step would use them.

    Never a module of the project: its code is only ever executed inside a step.
    """
    built_in = [step for step in steps if step.builtin]
    if len(built_in) < 2:
        return ()
    used = {use.partition(":")[0] for step in built_in for use in _uses(step.params)}
    return (*BUILT_IN, *sorted(module for module in used if module.startswith(LIBRARIES)))


def _uses(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        if isinstance(value.get("use"), str):
            yield value["use"]
        for item in value.values():
            yield from _uses(item)
    elif isinstance(value, list):
        for item in value:
            yield from _uses(item)
