"""Stores to work on, and a process to be killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from restrike.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.create(tmp_path / ".restrike")


@pytest.fixture
def python() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a script in a fresh interpreter, killed at its Nth write point if that is asked for."""

    def run(script: str, *arguments: object, kill_at: int | None = None) -> subprocess.CompletedProcess[str]:
        variables = {**os.environ, "PYTHONWARNINGS": "error"}
        if kill_at is not None:
            variables["RESTRIKE_TEST_KILL_AT"] = str(kill_at)
        command = [sys.executable, "-c", script, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, env=variables, check=False)

    return run


@pytest.fixture
def objects_of() -> Callable[[Store], list[Path]]:
    return lambda store: sorted(path for path in (store.root / "objects").rglob("*") if path.is_file())
