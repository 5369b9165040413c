"""One edit judged: what the cache did with each step, held against a full execution in a place of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from restrike import api

STALE, NEEDLESS = "stale", "needless"


@dataclass(frozen=True)
class Outcome:
    """What became of a step: the bytes it made, how it failed, or that it never started."""

    ended: str
    made: Mapping[str, str]
    error: str | None


class Execution:
    """One run of a project, as its documents tell it."""

    def __init__(self, run: dict[str, Any], shown: dict[str, Any], variables: Mapping[str, str]):
        self.run, self.status = run["run"], run["status"]
        self.findings = run["findings"]
        self.states = {step["name"]: step["state"] for step in run["steps"]}
        self.outcomes = {step["name"]: _outcome(step) for step in run["steps"]}
        self._seeds, self._declared = run["seal"]["seeds"], shown["config"]["steps"]
        self._reading = shown["config"]["data"]
        handed = shown["config"]["environment"]["env"]
        passed = {name: variables.get(name) for name in (*handed["pass"], *handed["secret"])}
        self._for_all = run["seal"]["numeric"], handed["set"], passed
        self._data = {item["name"]: item["digest"] for item in shown["data"]}

    def given(self, step: str) -> Any:
        """Return what a step was given: function, parameters, seed, variables, threads, data, what others made."""
        declared = self._declared[step]
        inputs = [self._source(name) for name in declared["inputs"].values()]
        return declared, self._seeds[step], self._for_all, inputs

    def _source(self, name: str) -> Any:
        first, _, rest = name.partition(".")
        return (self._data[rest], self._reading[rest]) if first == "data" else self.outcomes[first]


def _outcome(step: Mapping[str, Any]) -> Outcome:
    ended = {"executed": "made", "reused": "made"}.get(step["state"], step["state"])
    error = f"{step['error'].get('type')}: {step['error'].get('message')}" if step["error"] else None
    return Outcome(ended, {name: made["digest"] for name, made in sorted(step["outputs"].items())}, error)


@dataclass(frozen=True)
class Verdict:
    """What the cache decided about one step after an edit, and whether that was right.

    `word` is `reused` or `executed` where that was right; `stale` where the result is not what a full execution gives;
    `needless` where a step was executed though it makes what it made before and was given what it was given before.
    """

    step: str
    word: str
    changed: bool  # by full executions before and after the edit


def judge(before: Execution, cached: Execution, full: Execution) -> list[Verdict]:
    """Return a verdict on each step of an edited project.

    `before` and `full` executed everything, before and after the edit; `cached` ran after the edit with what was kept.
    """
    return [_verdict(step, before, cached, full) for step in full.outcomes]


def _verdict(step: str, before: Execution, cached: Execution, full: Execution) -> Verdict:
    changed = before.outcomes.get(step) != full.outcomes[step]
    if cached.outcomes.get(step) != full.outcomes[step]:
        return Verdict(step, STALE, changed)
    if cached.states[step] not in ("executed", "failed"):
        return Verdict(step, "reused", changed)
    needed = changed or before.given(step) != full.given(step)
    return Verdict(step, "executed" if needed else NEEDLESS, changed)


@dataclass
class Place:
    """A project's folder with what was kept of its runs, and the variables of the person who works in it."""

    project: Path
    variables: Mapping[str, str]

    def run(self, *, reuse: bool, overrides: Sequence[str] = ()) -> Execution:
        """Run the pipeline in this process, as `restrike run` would in one of its own."""
        with self.inside():
            done = api.run(project=self.project, reuse=reuse, overrides=overrides)
            return Execution(done, api.show(done["run"], project=self.project), self.variables)

    def load(self, execution: Execution, output: str) -> Any:
        """Return the value of an output (`step.output`, or the step's name); of a file, its text."""
        address = f"{execution.run}:{output}"
        with self.inside():
            value = api.load(address, project=self.project)
            if not isinstance(value, Path):
                return value
            written = api.get(address, self.project.parent / f"{self.project.name}-{output}", project=self.project)
            return Path(written["path"]).read_text()

    @contextlib.contextmanager
    def inside(self) -> Any:
        with mock.patch.dict(os.environ, self.variables, clear=True):
            yield

    def copy(self, target: Path, *, kept: bool) -> Place:
        """Return a copy of the place, with or without what was kept of its runs."""
        ignored = None if kept else shutil.ignore_patterns(".restrike")
        shutil.copytree(self.project, target, symlinks=True, ignore=ignored)
        return Place(target, self.variables)
