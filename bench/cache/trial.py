"""One tool and one project: executed as it is, then with one thing changed, from the same state each time."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from edits import Edit
from environments import Environment
from mutations import Mutation
from reckoning import Values
from tool import HERE, PARAMETERS, STEPS, Tool

LONG_AGO = 1_700_000_000  # the time of the project's files, so that whatever is edited is newer than its bytecode
PACKAGES = {"tariff": "1.0", "bystander": "1.0"}
TIMEOUT = 180


class Failed(Exception):
    """A tool did not do what it was told, so nothing can be concluded."""


@dataclass(frozen=True)
class Execution:
    """What the steps returned, and which of them were executed, by what they wrote themselves."""

    values: Values
    executed: tuple[str, ...]


class Bench:
    """The folder of one tool: an environment, a project, a home, and how these were after the first execution."""

    def __init__(self, root: Path, tool: Tool) -> None:
        self.tool = tool
        self.cache = root / "cache"
        self.work = root / "work" / tool.label
        self.live = self.work / "live"
        self.project = self.live / "project"
        self.executions = self.work / "executions"
        self.environment = Environment(root / "environments" / tool.label, root / "wheels" / tool.label)

    def set_up(self) -> None:
        """Build the environment, with the packages in their first versions."""
        requirements = self.tool.requirements
        self.environment.build(requirements if requirements.exists() else None)
        counter = self.tool.counts.replace("{path!r}", repr(str(self.executions)))
        self.environment.install("executions", "1.0", counter)
        self.environment.install_samples(PACKAGES)

    def begin(self) -> None:
        """Lay out a fresh project that the tool has never seen."""
        shutil.rmtree(self.work, ignore_errors=True)
        (self.live / "home").mkdir(parents=True)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(HERE / "project", self.project, ignore=ignored)
        if (self.tool.folder / "project").exists():
            shutil.copytree(self.tool.folder / "project", self.project, ignore=ignored, dirs_exist_ok=True)
        self._edit(self.tool.adapt)
        self._write_parameters(PARAMETERS)
        for path in self.project.rglob("*"):
            os.utime(path, (LONG_AGO, LONG_AGO))
        self._command(("git", "init", "--quiet"), {})
        for command in self.tool.prepare:
            self._command(command, {})

    def freeze(self) -> None:
        """Keep the project, the home and all that the tool wrote into them."""
        shutil.copytree(self.live, self.work / "frozen", symlinks=True)

    def thaw(self) -> None:
        """Put everything back to where it was frozen, in the same place and with the same times."""
        shutil.rmtree(self.live)
        shutil.copytree(self.work / "frozen", self.live, symlinks=True)

    def mutated(self, mutation: Mutation) -> Execution:
        """Execute the project with something changed."""
        before = {self.project / edit.path: (self.project / edit.path).read_bytes() for edit in mutation.detour}
        if before:
            self._edit(mutation.detour)
            self.execute()
        for path, content in before.items():
            path.write_bytes(content)
        self._edit(mutation.edits)
        if mutation.params:
            self._write_parameters({**PARAMETERS, **mutation.params})
        if not mutation.packages:
            return self.execute(mutation.variables)
        self.environment.install_samples({**PACKAGES, **mutation.packages})
        try:
            return self.execute(mutation.variables)
        finally:
            self.environment.install_samples(PACKAGES)

    def execute(self, variables: Mapping[str, str] | None = None) -> Execution:
        """Execute the pipeline once, and see what came of it."""
        results = self.work / "results.json"
        results.unlink(missing_ok=True)
        self.executions.unlink(missing_ok=True)
        self._command(self.tool.command, variables or {})
        executed = self.executions.read_text().split() if self.executions.exists() else []
        if repeated := [step for step, times in Counter(executed).items() if times > 1]:
            raise Failed(f"executed more than once: {', '.join(repeated)}")
        if not results.exists():
            raise Failed("it wrote no results")
        values = json.loads(results.read_text())
        if set(values) != set(STEPS):
            raise Failed(f"it wrote results of {', '.join(values)}")
        return Execution(values, tuple(step for step in STEPS if step in executed))

    def _edit(self, edits: Sequence[Edit]) -> None:
        for edit in edits:
            edit.apply(self.project)

    def _write_parameters(self, parameters: Mapping[str, object]) -> None:
        if self.tool.write_parameters:
            self.tool.write_parameters(self.project, parameters)
        else:
            (self.project / "params.json").write_text(json.dumps(parameters, indent=2) + "\n")

    @cached_property
    def _places(self) -> dict[str, str]:
        return {
            "python": str(self.environment.python if self.tool.own_python else sys.executable),
            "bin": str(self.environment.bin),
            "folder": str(self.tool.folder),
            "results": str(self.work / "results.json"),
            "executions": str(self.executions),
        }

    def _command(self, command: Sequence[str], variables: Mapping[str, str]) -> None:
        words = [word.format(**self._places) for word in command]
        own = self.environment.variables(self.live / "home")
        cache = {"RESTRIKE_CACHE": str(self.cache / "restrike")}
        with open(self.work / "log", "ab") as log:
            done = subprocess.run(
                words,
                cwd=self.project,
                env={**own, **cache, **self.tool.variables, **variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                timeout=TIMEOUT,
                check=False,
            )
        if done.returncode != 0:
            tail = (self.work / "log").read_text("utf-8", "replace").strip().splitlines()[-15:]
            raise Failed("\n".join([f"{' '.join(words)}: status {done.returncode}", *tail]))
