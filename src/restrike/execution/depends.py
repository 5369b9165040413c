"""What an execution was seen to depend on, from the step's trace and its look-ups.

Recorded with the execution, and compared with what there is later before it is reused (`changes`). Where something may
have gone unseen, `whole` says why, and everything counts. Specified in docs/design/reuse.md.
"""

from __future__ import annotations

import posixpath
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from restrike.environment import Distribution
from restrike.environment import tree as stats
from restrike.environment.distributions import GENERATED, UNOWNED
from restrike.environment.errors import EnvironmentUnreadable
from restrike.environment.hashes import FileDigests
from restrike.environment.metadata import normalised
from restrike.execution.materials import ENVIRONMENT, INSTALLED, PROJECT, Sealed
from restrike.execution.programs import PROGRAMS
from restrike.execution.sandbox import Lookup, Outcome
from restrike.execution.secrets import SHORTEST, Secrets
from restrike.pipeline.graph import Step
from restrike.worker import seal

Depend = Callable[[Step, Outcome, Path], dict[str, Any] | None]
Entry = dict[str, str]  # version and digest of a distribution

_OWN = (seal.INPUTS, seal.OUTPUTS, seal.ENGINE, INSTALLED, PROGRAMS, PROJECT)
ENTRY_POINTS = "entry points"  # in a trace's `metadata`: those of all distributions were listed
_NO_TRACE = "the worker that executed it did not tell what it used"


def nothing(step: Step, outcome: Outcome, code: Path) -> None:
    """Tell nothing, as an execution that is never to be reused needs."""


class Libraries:
    """Files of the machine outside project and environment by their place in the seal, each read once."""

    def __init__(self, prefix: Path, cache: Path):
        self._prefix = prefix
        self._digests = FileDigests(cache)
        self._known: dict[str, str | None] = {}
        self._lock = threading.Lock()

    def digest(self, path: str) -> str | None:
        """Return a file's digest, None where there is none."""
        with self._lock:
            if path not in self._known:
                inside = path.startswith(f"{ENVIRONMENT}/")
                place = str(self._prefix / path[len(ENVIRONMENT) + 1 :]) if inside else path
                self._known[path] = self._read(place)
            return self._known[path]

    def _read(self, place: str) -> str | None:
        stat = stats.stat_of(place)
        if stat is None:
            return None
        try:
            return self._digests.of(place, stat)
        except EnvironmentUnreadable:  # it may be executed all the same
            return f"unreadable {stat}"

    def save(self) -> None:
        """Keep what was read for later runs."""
        self._digests.save()


class Installed:
    """The distributions of an environment, found by the names that their modules are imported by."""

    def __init__(self, distributions: Iterable[Distribution]):
        self.entries: dict[str, Entry] = {}
        self.at_start: set[str] = set()
        self.entry_points: dict[str, str] = {}  # digests of what distributions declare
        self._owners: dict[str, list[str]] = {}
        for one in sorted(distributions, key=lambda one: one.name):
            self.entries[one.name] = {"version": one.version, "digest": one.digest}
            if one.at_start and not one.first_party:
                self.at_start.add(one.name)
            if one.entry_points is not None and not one.first_party:
                self.entry_points[one.name] = one.entry_points
            for name in one.provides:
                self._owners.setdefault(name, []).append(one.name)

    def owners(self, name: str) -> list[str]:
        """Return the distributions with a module, package or library of this name below site-packages."""
        return self._owners.get(name, [])

    def __contains__(self, name: object) -> bool:
        return name in self._owners


@dataclass(frozen=True)
class Observer:
    """Turns what was seen of a step into what it depends on."""

    sealed: Sealed
    installed: Installed
    libraries: Libraries

    def __call__(self, step: Step, outcome: Outcome, code: Path) -> dict[str, Any] | None:
        """Return the dependencies of a step that ended well; `code` is the restored snapshot."""
        if outcome.state != "ok":
            return None
        trace = outcome.result.get("trace")
        unseen = _unseen(outcome, trace)
        trace = trace or {}
        if self._is_foreign(trace):
            return None
        programs, libraries = self._programs(outcome.lookups)
        libraries |= {path: self.libraries.digest(path) for path in trace.get("libraries", ())}
        found = {
            "code": self._code(trace, outcome.lookups, code, programs) | {"whole": unseen},
            "environment": self._environment(trace) | {"whole": unseen or _program_of_environment(trace, programs)},
            "libraries": dict(sorted(libraries.items())),
        }
        return None if self._holds_secret(found["libraries"]) else self._without_secrets(found)

    def _without_secrets(self, found: dict[str, Any]) -> dict[str, Any]:
        """Return dependencies in which names that hold a secret are not written down; then everything counts."""
        for part in ("code", "environment"):
            if self._holds_secret(found[part]):
                empty = {name: type(value)() for name, value in found[part].items() if isinstance(value, (list, dict))}
                found[part] = found[part] | empty | {"whole": "it asks for names that hold a secret"}
        return found

    def _holds_secret(self, value: Any) -> bool:
        if isinstance(value, str):
            return bool(self._secrets.out_of(value) != value)
        return isinstance(value, (list, dict)) and any(
            self._holds_secret(item) for item in (value if isinstance(value, list) else [*value, *value.values()])
        )

    @cached_property
    def _secrets(self) -> Secrets:
        return Secrets(value for value in self.sealed.secrets.values() if len(value) >= SHORTEST)

    def _code(
        self, trace: Mapping[str, Any], lookups: Iterable[Lookup], code: Path, programs: list[str]
    ) -> dict[str, Any]:
        modules, source = set(trace.get("modules", ())), set(trace.get("source", ()))
        imported_from = _folders_of(modules, self.sealed.import_roots)
        looked_at, listed = set(), set(trace.get("listed", ()))
        for lookup in lookups:
            path = _in_project(lookup.path)
            if path is None or self._is_elsewhere(path):
                continue
            by_program = getattr(lookup, "by", "python") == "program"
            if path.endswith(".py") and not by_program and path in modules - source:
                continue
            if lookup.kind == "open" and (programs or path not in imported_from) and (code / path).is_dir():
                listed.add(path)
            if path not in imported_from and not _is_probe(path, imported_from):
                looked_at.add(path)
        return {
            "modules": sorted(modules),
            "handed": sorted(trace.get("handed", ())),
            "source": sorted(source),
            "absent": sorted(trace.get("absent", ())),
            "looked_at": sorted(looked_at),
            "listed": sorted(listed),
        }

    def _is_foreign(self, trace: Mapping[str, Any]) -> bool:
        """Tell whether something was imported that is installed elsewhere: nothing tells the state of that."""
        return UNOWNED not in self.installed.entries and any(
            not self.installed.owners(_top(name)) and name not in GENERATED for name in trace.get("installed", ())
        )

    def _is_elsewhere(self, path: str) -> bool:
        """Tell what is no part of the code: declared data, bytecode, what the worker notes for itself."""
        if "__pycache__" in path or path.endswith(".pyc") or path.partition("/")[0] in (".observed", ".git"):
            return True
        declared = (posixpath.normpath(item["path"]) for item in self.sealed.data.values())
        return any(path == place or path.startswith(f"{place}/") for place in declared)

    def _environment(self, trace: Mapping[str, Any]) -> dict[str, Any]:
        imports, absent = {}, set()
        tops = {_top(name) for name in trace.get("installed", ())}
        asked = {_top(name) for name in trace.get("absent", ())}
        for name in tops | asked:
            if owners := self.installed.owners(name):
                imports[name] = owners
            elif name in asked:
                absent.add(name)
        metadata = trace.get("metadata", ())
        named = set() if metadata == "all" else {normalised(name) for name in metadata if name != ENTRY_POINTS}
        counted = named | self.installed.at_start | {owner for owners in imports.values() for owner in owners}
        return {
            "imports": dict(sorted(imports.items())),
            "distributions": {name: self.installed.entries.get(name) for name in sorted(counted)},
            "absent": sorted(absent),
            "entry_points": dict(self.installed.entry_points) if ENTRY_POINTS in metadata else None,
        }

    def _programs(self, lookups: Iterable[Lookup]) -> tuple[list[str], dict[str, str | None]]:
        """Return the programs other than Python that were executed, and the digests of those of the system.

        Where one was looked for before it was found, or could have been, it counts that nothing is there.
        """
        executed, places = [], set()
        for lookup in lookups:
            if lookup.kind != "exec":
                continue
            folder, name = posixpath.split(lookup.path)
            if lookup.found and not name.startswith("python"):
                executed.append(lookup.path)
            places |= {lookup.path, *(f"{before}/{name}" for before in self._searched_before(folder))}
        outside = [path for path in sorted(places) if not path.startswith(tuple(f"{place}/" for place in _OWN))]
        return executed, {path: self.libraries.digest(path) for path in outside}

    def _searched_before(self, folder: str) -> list[str]:
        path = self.sealed.variables["PATH"].split(":")
        return path[: path.index(folder)] if folder in path else []


def _unseen(outcome: Outcome, trace: Mapping[str, Any] | None) -> str | None:
    if trace is None:
        return _NO_TRACE
    return trace.get("incomplete") or outcome.untraced


def _program_of_environment(trace: Mapping[str, Any], programs: Iterable[str]) -> str | None:
    if trace.get("metadata") == "all":
        return "it lists what is installed"
    program = next((path for path in programs if path.startswith((f"{ENVIRONMENT}/", f"{PROGRAMS}/"))), None)
    return f"it executes '{posixpath.basename(program)}' of the environment" if program else None


def _top(name: str) -> str:
    """Return the name that a distribution is asked after: that of a module or file, up to its first dot."""
    return name.partition("/")[0].partition(".")[0]


def _in_project(path: str) -> str | None:
    if path == PROJECT:
        return "."
    return path[len(PROJECT) + 1 :] if path.startswith(f"{PROJECT}/") else None


def _folders_of(modules: Iterable[str], roots: Iterable[str]) -> set[str]:
    """Return the folders that Python's import system lists and asks for: roots and those that lead to modules."""
    found = {".", *roots}
    for path in modules:
        while path := posixpath.dirname(path):
            found.add(path)
    return found


def _is_probe(path: str, folders: set[str]) -> bool:
    """Tell whether a path is one of those that the import system tries before a package's `__init__.py`."""
    folder, name = posixpath.split(path)
    return folder in folders and name.startswith("__init__.") and name.endswith(".so")
