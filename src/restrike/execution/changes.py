"""What changed since an execution, of all that it depended on: nothing, and it may serve again.

Pure but for reading the two snapshots: takes what an execution depended on and the two states, returns changes.
Any doubt is a change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from restrike.base.errors import RestrikeError
from restrike.code import SnapshotTree
from restrike.execution import changed_code
from restrike.execution.closures import Closures
from restrike.execution.depends import Entry, Installed
from restrike.pipeline.graph import Step

Aspect = Literal[
    "code", "environment", "data", "config", "seed", "engine", "numeric", "variables", "libraries", "files"
]


@dataclass(frozen=True)
class Change:
    """One thing that is not as it was. `what` is a sentence by itself where neither `old` nor `new` is there."""

    aspect: Aspect
    what: str
    where: str | None = None
    old: str | None = None
    new: str | None = None

    @property
    def text(self) -> str:
        """The change as people read it."""
        if self.old is None and self.new is None:
            return self.what
        return f"{self.what}: {self.old or 'absent'} -> {self.new or 'absent'}"

    def document(self) -> dict[str, Any]:
        return {**asdict(self), "text": self.text}


@dataclass(frozen=True)
class State:
    """Code and environment as one run had them. What is called reads it: RestrikeError where it cannot be read."""

    code: str  # fingerprint of the snapshot
    environment: str  # identity
    tree: Callable[[], SnapshotTree]
    distributions: Callable[[], Mapping[str, Entry]]  # of the environment's document


def between(
    depends: Mapping[str, Any], then: State, now: State, step: Step, installed: Installed, closures: Closures
) -> list[Change]:
    """Return what changed between two states of what an execution depended on; libraries are not looked at.

    `installed` is the environment of `now`.
    """
    return [
        *_code(depends, then, now, step, closures),
        *_environment(depends["environment"], then, now, installed),
    ]


def libraries(depends: Mapping[str, Any], digest: Callable[[str], str | None]) -> list[Change]:
    """Return which of the machine's libraries and programs changed, that an execution loaded or started."""
    found = [(path, old, digest(path)) for path, old in depends["libraries"].items()]
    return [Change("libraries", f"'{path}'", path, _short(old), _short(new)) for path, old, new in found if old != new]


def _code(depends: Mapping[str, Any], then: State, now: State, step: Step, closures: Closures) -> Iterator[Change]:
    if then.code == now.code:
        return
    try:
        before, after = then.tree(), now.tree()
        found = changed_code.between(depends["code"], depends["environment"]["imports"], before, after, step, closures)
    except RestrikeError as error:
        yield Change("code", f"the earlier code cannot be compared: {error.what}")
        return
    for aspect, what, where in found:
        yield Change(aspect, what, where)


def _environment(depends: Mapping[str, Any], then: State, now: State, installed: Installed) -> Iterator[Change]:
    if depends["whole"] is not None:
        if then.environment != now.environment:
            yield from _all_distributions(depends["whole"], then.distributions(), now.distributions())
        return
    for name, entry in depends["distributions"].items():
        if installed.entries.get(name) != entry:
            yield _distribution(name, entry, installed.entries.get(name))
    for name in sorted(installed.at_start - set(depends["distributions"])):
        yield _distribution(name, None, installed.entries[name])
    for name, owners in depends["imports"].items():
        if installed.owners(name) != owners:
            who = ", ".join(installed.owners(name))
            yield Change("environment", f"who provides '{name}'", None, ", ".join(owners), who or None)
    if (declared := depends.get("entry_points")) is not None:
        for name in sorted({*declared, *installed.entry_points}):
            old, new = declared.get(name), installed.entry_points.get(name)
            if old != new:
                yield Change(
                    "environment", f"entry points of '{name}', which are listed", None, _short(old), _short(new)
                )
    for name in depends["absent"]:
        if owners := installed.owners(name):
            yield Change("environment", f"'{name}', which was looked for", None, None, f"installed by {owners[0]}")


def _short(digest: str | None) -> str | None:
    return digest and digest[:12]


def _all_distributions(why: str, then: Mapping[str, Entry], now: Mapping[str, Entry]) -> Iterator[Change]:
    changed = [name for name in sorted({*then, *now}) if then.get(name) != now.get(name)]
    for name in changed:
        yield _distribution(name, then.get(name), now.get(name), f" (every distribution counts, as {why})")
    if not changed:
        yield Change("environment", f"the environment changed, and all of it counts, as {why}")


def _distribution(name: str, old: Entry | None, new: Entry | None, why: str = "") -> Change:
    same_version = old and new and old["version"] == new["version"]

    def told(entry: Entry | None) -> str | None:
        if entry is None:
            return None
        return f"{entry['version']} ({entry['digest'][:12]})" if same_version else entry["version"]

    return Change("environment", name + why, None, told(old), told(new))
