"""Command steps: any program, unmodified, run to its end; then its declared files are kept."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from restrike.worker.failure import StepError, plain
from restrike.worker.trace.reports import FOLDER


class CommandFailed(Exception):
    """A command ended with a status other than 0."""

    def __init__(self, document: dict[str, Any]):
        super().__init__(document["message"])
        self.document = document


def run(arguments: list[str] | str, *, shell: bool, seed: int) -> None:
    """Run a program with the step's surroundings. Raise CommandFailed or StepError."""
    command = (
        ["/bin/sh", "-c", arguments if isinstance(arguments, str) else " ".join(arguments)] if shell else arguments
    )
    if isinstance(command, str):
        raise StepError(f"'{command}' is one text, not a list of arguments", "shell: true")
    try:
        environment = {**os.environ, "RESTRIKE_SEED": str(seed)}
        done = subprocess.run(command, stdin=subprocess.DEVNULL, check=False, env=environment)
    except FileNotFoundError as error:
        raise StepError(
            f"program '{command[0]}' is neither in the environment nor in the system",
            f"which {command[0]}   # what the seal has: {os.environ.get('PATH', '')}",
        ) from error
    except PermissionError as error:
        raise StepError(f"'{command[0]}' is not executable", f"chmod +x {command[0]}") from error
    if done.returncode:
        raise CommandFailed(plain("CommandFailed", _told(command[0], done.returncode), origin="command"))


def _told(program: str, status: int) -> str:
    if status > 0:
        return f"'{program}' ended with exit status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    return f"'{program}' was ended by {name}"


def output(name: str, path: str | None, kind: str, outputs: str) -> Any:
    """Return what a command left as a declared output: a Path, or the mapping in a metrics file."""
    place = Path(outputs, name) if path is None else Path(path)
    if not place.exists():
        found = sorted(entry.name for entry in place.parent.iterdir()) if place.parent.is_dir() else []
        found = [name for name in found if name != FOLDER][:8]
        near = f"; its folder holds: {', '.join(found)}" if found else ""
        raise StepError(f"the command ended well, but left no '{path or place}', its output '{name}'{near}")
    return metrics(name, place) if kind == "metrics" else place


def metrics(name: str, place: Path) -> dict[str, Any]:
    """Return a metrics file's content: a JSON mapping of names to numbers."""
    try:
        value = json.loads(place.read_text("utf-8"))
    except ValueError as error:
        raise StepError(f"'{place}', its output '{name}', is not JSON: {error}") from error
    check_metrics(name, value)
    return dict(value)


def check_metrics(name: str, value: Any) -> None:
    """Raise StepError unless a value is a mapping of names to numbers."""
    if not isinstance(value, dict):
        raise StepError(f"metrics '{name}' must be a mapping of names to numbers, not a {type(value).__name__}")
    for key, number in value.items():
        if isinstance(number, bool) or not isinstance(key, str) or not _is_number(number):
            raise StepError(f"metrics '{name}' holds {key!r}: {number!r}, which is no number")


def _is_number(value: Any) -> bool:
    if isinstance(value, (int, float)):
        return True
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.number)
