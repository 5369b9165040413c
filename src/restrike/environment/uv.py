"""uv, the program that resolves and installs."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from restrike.base import process
from restrike.base.errors import ProgramMissing
from restrike.base.process import Completed

# Settings that change what is installed or how, rather than where it comes from.
_NOT_OURS = {"VIRTUAL_ENV", "CONDA_PREFIX", "UV_BUILD_CONSTRAINT", "UV_COMPILE_BYTECODE", "UV_CONSTRAINT"}
_NOT_OURS |= {"UV_EXCLUDE", "UV_EXCLUDE_NEWER", "UV_LINK_MODE", "UV_NO_BINARY", "UV_OFFLINE", "UV_OVERRIDE"}
_NOT_OURS |= {"UV_PRERELEASE", "UV_PROJECT", "UV_PROJECT_ENVIRONMENT", "UV_PYTHON", "UV_REQUIRE_HASHES"}
_NOT_OURS |= {"UV_RESOLUTION", "UV_SYSTEM_PYTHON", "UV_VENV_SEED", "UV_WORKING_DIR"}


def call(arguments: Sequence[str | os.PathLike[str]], *, folder: Path, offline: bool, given: str = "") -> Completed:
    """Run uv in a folder, whose settings (uv.toml, pyproject.toml) it reads, and wait for it."""
    variables = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
    command = [program(), *arguments, "--no-progress", "--color", "never", *(["--offline"] if offline else [])]
    return process.call(command, folder=folder, variables=variables, given=given.encode())


def program() -> str:
    """Return the uv that was installed with restrike, else the one on PATH."""
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which("uv")
    if found is None:
        raise ProgramMissing("'uv' is not installed", hint=process.INSTALL["uv"])
    return found
