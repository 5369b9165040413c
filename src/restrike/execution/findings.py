"""Findings of a run: what its steps used undeclared, told with the place in the user's code and the way out."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import restrike
from restrike.execution import network, readings
from restrike.execution.capture import Capture
from restrike.execution.finding import REFUSED, Explain, Finding, Seen, Told, refusal
from restrike.execution.sandbox import Lookup, layout
from restrike.execution.sandbox.hidden import Belongings, Hidden, hidden
from restrike.execution.sandbox.hints import Hints
from restrike.execution.whereabouts import Whereabouts, absolute
from restrike.pipeline.graph import Step
from restrike.worker import seal


def explainer(project: Path, captured: Capture, code: Path) -> Explain:
    """Return a function that tells what a step used undeclared, knowing the user's own files and variables.

    `code` is where the snapshot is restored by the time a step has ended.
    """
    return _Explainer(project, captured, code)


def unexplained(step: Step, seen: Seen) -> Told:
    """Find nothing, as `check` does: it does not look at the user's files."""
    return Told()


def as_recorded(errors: Mapping[str, Mapping[str, Any]], found: Mapping[str, list[dict[str, Any]]]) -> Explain:
    """Return a function that refuses what was refused before: a step that asks again for what it then asked for.

    `errors` and `found` are those of the recorded steps. The user's files are not looked at: whether they had what the
    step asked for is in the record.
    """

    def explain(step: Step, seen: Seen) -> Told:
        error = errors.get(step.name) or {}
        if error.get("type") != REFUSED:
            return Told()
        asked = {lookup.path for lookup in seen.lookups} | {item["name"] for item in seen.trace.get("variables", ())}
        asked |= {item.address for item in seen.asked if not item.allowed}
        wanted = [item for item in found.get(step.name, ()) if item["severity"] == "undeclared"]
        return Told(refused=dict(error) if all(_place(item) in asked for item in wanted) else None)

    return explain


def _place(item: Mapping[str, Any]) -> str:
    """Return what a recorded finding was about as the seal knows it."""
    subject = str(item["subject"])
    if item["kind"] in ("environment variable", "network"):
        return subject
    if subject.startswith("~/"):
        return seal.HOME + subject[1:]
    return absolute(subject)


class _Explainer:
    def __init__(self, project: Path, captured: Capture, code: Path):
        config, roots = captured.config, captured.sealed.import_roots
        self._project, self._captured, self._code = project, captured, code
        self._strict = config.seal == "strict"
        self._left_out = {item.path: item.reason for item in captured.snapshot.left_out}
        # Folders that a .pth file of the environment names: a Python that a step starts looks whether they are there.
        self._own = {Path(restrike.__file__).parents[1], project, *(project / root for root in roots)}
        self._environment = captured.environment.interpreter.prefix
        self._shell = frozenset(os.environ)
        environment = config.environment
        self._variables = {*environment.pass_, *environment.secret, *environment.set}
        self._suggested = {name: item.path for name, item in config.data.items()}
        self._lock = threading.Lock()

    def __call__(self, step: Step, seen: Seen) -> Told:
        hints = Hints(step.name, {*step.inputs, *step.params}, self._suggested, builtin=step.builtin)
        where = Whereabouts(
            step, seen.trace, seen.error, self._code, self._captured.sealed.import_roots, self._written_at
        )
        found = [
            *self._hidden(step, seen, hints, where),
            *network.refused(step, seen.asked, hints, where),
            *readings.of_variables(step.name, seen.trace, self._shell, self._variables, hints),
            *readings.of_readings(step.name, seen.trace),
            *readings.of_temporary_names(step.name, seen.trace, seen.outputs, where),
        ]
        refused = refusal(found) if self._strict else None
        return Told([item.document() for item in found], list(readings.notes(seen.trace)), refused)

    def _hidden(self, step: Step, seen: Seen, hints: Hints, where: Whereabouts) -> Iterator[Finding]:
        opened = {item["path"] for item in seen.trace.get("opened", ())}
        lookups = (*seen.lookups, *_settings(opened), *self._imports(seen))
        config = self._captured.config
        belongings = Belongings(
            project=self._project,
            home=Path.home(),
            data={name: item.path for name, item in config.data.items()},
            inputs={source.name for source in step.inputs.values() if source.kind == "data"},
            left_out=self._left_out,
            exists=_is_there,
            target=_target,
            by_own_line=opened,
        )
        with self._lock:  # steps that run at once suggest names that do not clash
            found = hidden(lookups, belongings, hints)
        for item in found:
            place = _where(item, where)
            if place is None or self._is_own(item.host) or (step.network is True and item.kind == "network"):
                continue
            past = step.network and item.kind == "network"
            what = network.past_the_proxy(item.path) if past else item.what
            yield Finding(item.kind, step.name, item.path, what, place, item.hint, "undeclared")

    def _is_own(self, host: Path | None) -> bool:
        return host is not None and (host in self._own or host.is_relative_to(self._environment))

    def _imports(self, seen: Seen) -> Iterator[Lookup]:
        """Yield where modules that were not found would have been: Python lists folders, and asks for no name.

        Of what the step got along without, a folder counts only if it is a package: one called `wandb` that holds logs
        is not what a library asked for.
        """
        missing = (seen.error or {}).get("missing_module")
        for root in self._captured.sealed.import_roots:
            for module in seen.trace.get("absent", ()):
                place = absolute(f"{root}/{module.replace('.', '/')}")
                yield from (Lookup(place + end, False, "import") for end in (".py", "/__init__.py"))
            if missing:
                place = absolute(f"{root}/{missing.replace('.', '/')}")
                yield from (Lookup(place + end, False, "import") for end in (".py", ""))

    def _written_at(self, key: str) -> str | None:
        try:
            origin = self._captured.config.origin(key)
        except KeyError:
            return None
        return origin if origin != "default" else None


def _settings(opened: Iterable[str]) -> Iterator[Lookup]:
    """Yield look-ups of the machine's settings, which nobody watches: libraries look for many of them in passing."""
    given = (*layout.ETC, *layout.SETTINGS, *layout.NETWORK_SETTINGS, "/etc/localtime")
    for path in opened:
        if path.startswith("/etc/"):
            yield Lookup(path, (path + "/").startswith(tuple(place + "/" for place in given)), "open")


def _where(item: Hidden, where: Whereabouts) -> str | None:
    """Return the place of what is hidden; None where it is a library that asked, in passing, for the history."""
    if item.kind == "network":
        return where.of_network(item.path)
    if item.kind == "history":
        return where.named("git")
    return where.of_module(item.asked) if item.imported else where.of_path(item.asked)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # of a folder that is not ours to read, nobody can tell
        return False


def _target(path: Path) -> Path | None:
    """Return what a symbolic link leads to, None for what is no link."""
    try:
        return path.resolve() if path.is_symlink() else None
    except (OSError, RuntimeError):  # a link that leads to itself
        return None
