"""A pipeline of the corpus with one warm place; each mutation is judged in copies of it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import judging
import wheels

import corpus


class Bench:
    """A pipeline that was executed once; `python` is the environment of those that need no packages of ours."""

    def __init__(self, pipeline: corpus.Pipeline, folder: Path, variables: Mapping[str, str], python: Path):
        self.pipeline, self.folder, self.python = pipeline, folder, python
        mine = {**variables, **pipeline.variables, **self._environment(pipeline.packages)}
        self.warm = judging.Place(pipeline.copy(folder / "kept"), mine)
        self.before = self.warm.run(reuse=True)

    def judged(self, mutation: corpus.Mutation) -> tuple[list[judging.Verdict], judging.Place, judging.Execution]:
        """Run a mutation with what was kept and, elsewhere, in full; return the verdicts and the full execution."""
        edited = self._place(mutation, "kept", kept=True)
        cached = edited.run(reuse=True)
        shutil.rmtree(edited.project)
        place = self._place(mutation, "full", kept=False)
        full = place.run(reuse=False)
        return judging.judge(self.before, cached, full), place, full

    def _place(self, mutation: corpus.Mutation, label: str, *, kept: bool) -> judging.Place:
        """Return a copy of the warm place, edited."""
        packages = {**self.pipeline.packages, **corpus.surroundings(mutation, "packages")}
        number = self.pipeline.mutations.index(mutation)
        place = self.warm.copy(self.folder / f"{number}-{label}", kept=kept)
        changed = {**self._environment(packages), **corpus.surroundings(mutation, "variables")}
        place.variables = {name: value for name, value in {**place.variables, **changed}.items() if value is not None}
        corpus.apply(mutation, place)
        return place

    def _environment(self, packages: Mapping[str, str | None]) -> dict[str, str]:
        """Return the variable that leads to an environment with these packages."""
        installed = {name: version for name, version in sorted(packages.items()) if version}
        if not installed:
            return {"VIRTUAL_ENV": str(self.python)}
        label = "-".join(f"{name}{version}" for name, version in installed.items())
        folder = self.folder / "environments" / label.replace(".", "_")
        if not folder.exists():
            folder.parent.mkdir(exist_ok=True)
            wheels.environment(folder, installed)
        return {"VIRTUAL_ENV": str(folder)}
