"""Programs of the system, run to their end and read."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from restrike.base.errors import ProgramMissing

INSTALL = {
    "git": "apt-get install git   # or your system's package manager",
    "uv": "python -m pip install uv",
}


@dataclass(frozen=True)
class Completed:
    """A program's end: exit status (negative for a signal), standard output and standard error."""

    status: int
    output: bytes
    errors: bytes

    @property
    def ok(self) -> bool:
        return self.status == 0

    @property
    def complaint(self) -> str:
        """The last lines of standard error, as text."""
        return "\n".join(self.errors.decode("utf-8", "replace").strip().splitlines()[-8:])


def call(
    command: Sequence[str | os.PathLike[str]],
    *,
    folder: Path | None = None,
    variables: Mapping[str, str] | None = None,
    given: bytes | None = None,
    timeout: float | None = None,
) -> Completed:
    """Run a program and wait for it. `variables` replace its whole environment. Raise ProgramMissing."""
    try:
        done = subprocess.run(
            list(command),
            cwd=folder,
            env=None if variables is None else dict(variables),
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError as error:
        if folder is not None and not folder.is_dir():
            raise
        name = os.path.basename(os.fspath(command[0]))
        raise ProgramMissing(f"'{name}' is not installed", hint=INSTALL.get(name)) from error
    return Completed(done.returncode, done.stdout, done.stderr)
