"""Which installed modules a run's steps have in common, so that one process imports them for all.

Never a module of the project: its code is only ever executed inside a step. And only libraries whose import was seen to
be safe to fork from; importing is all that the process does with them.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from restrike.pipeline.graph import Step

BUILT_IN = ("numpy", "pandas", "pyarrow", "sklearn.compose", "sklearn.pipeline", "sklearn.metrics")
SAFE = ("lightgbm", "numpy", "pandas", "polars", "pyarrow", "scipy", "sklearn", "xgboost")


def modules_for(steps: Iterable[Step], code: Path, import_roots: Iterable[str]) -> tuple[str, ...]:
    """Return the modules to import once for all: those that two steps or more are seen to import."""
    folders = [code / root for root in import_roots]
    counted: Counter[str] = Counter()
    for step in steps:
        counted.update(set(_wanted(step, folders)))
    return tuple(sorted(module for module, users in counted.items() if users > 1))


def _wanted(step: Step, folders: list[Path]) -> Iterator[str]:
    if step.builtin:
        yield from BUILT_IN
        named = {use.partition(":")[0] for use in _uses(step.params)}
        yield from (module for module in named if _is_safe(module))
    elif step.use is not None:
        source = _source(step.use.partition(":")[0], folders)
        imported = {module for module in _imports(source) if _is_safe(module)}
        yield from imported | {module.partition(".")[0] for module in imported}


def _is_safe(module: str) -> bool:
    return module.partition(".")[0] in SAFE


def _source(module: str, folders: list[Path]) -> Path | None:
    relative = module.replace(".", "/")
    places = (folder / f"{relative}{ending}" for folder in folders for ending in (".py", "/__init__.py"))
    return next((place for place in places if place.is_file()), None)


def _imports(source: Path | None) -> Iterator[str]:
    """Yield the modules that a file imports at its top level; nothing where it cannot be parsed."""
    try:
        body = ast.parse(source.read_bytes()).body if source else []
    except (SyntaxError, ValueError):
        return
    for node in body:
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def _uses(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("use"), str):
            yield value["use"]
        for item in value.values():
            yield from _uses(item)
    elif isinstance(value, list):
        for item in value:
            yield from _uses(item)
