"""Findings: what a step asked for and was not given, told with the line that would declare it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import restrike
from restrike.code import Snapshot
from restrike.config import DataDecl
from restrike.execution.executor import Explain
from restrike.execution.sandbox import Lookup
from restrike.execution.sandbox.hidden import hidden
from restrike.execution.sandbox.hints import Hints
from restrike.pipeline.graph import Step


def explainer(project: Path, data: Mapping[str, DataDecl], snapshot: Snapshot, import_roots: Iterable[str]) -> Explain:
    """Return a function that turns a step's look-ups into findings, knowing the user's own files."""
    left_out = {item.path: item.reason for item in snapshot.left_out}
    # Folders that a .pth file of the environment names: a Python that a step starts looks whether they are there.
    own = {Path(restrike.__file__).parents[1], project, *(project / root for root in import_roots)}

    suggested = {name: item.path for name, item in data.items()}
    lock = threading.Lock()

    def explain(step: Step, lookups: tuple[Lookup, ...], failed: bool) -> list[dict[str, Any]]:
        given = {source.name for source in step.inputs.values() if source.kind == "data"}
        with lock:  # steps that run at once suggest names that do not clash
            found = hidden(
                lookups,
                project=project,
                home=Path.home(),
                data={name: item.path for name, item in data.items()},
                inputs=given,
                left_out=left_out,
                exists=_is_there,
                hints=Hints(step.name, {*step.inputs, *step.params}, suggested, builtin=step.builtin),
            )
        found = [item for item in found if item.host not in own and not (step.network and item.kind == "network")]
        return [
            {"kind": item.kind, "step": step.name, "what": item.what, "where": item.path, "hint": item.hint}
            for item in found
        ]

    return explain


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # of a folder that is not ours to read, nobody can tell
        return False


def unexplained(step: Step, lookups: tuple[Lookup, ...], failed: bool) -> list[dict[str, Any]]:
    """Find nothing, as `reproduce` does: it does not look at the user's files."""
    return []
