"""The proof that an environment is the recorded one: distribution by distribution, from the files as they lie there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from restrike.environment.capture import Environment, capture
from restrike.environment.distributions import Distribution
from restrike.environment.interpreter import Interpreter

_FACTS = ("implementation", "python", "soabi", "os", "arch", "libc")


@dataclass(frozen=True)
class Mismatch:
    """One respect in which an environment is not the recorded one."""

    distribution: str  # its name, or the name of a fact: "python", "libc", ...
    expected: str | None  # version, None where it should not be there
    found: str | None
    detail: str


class Installation(Protocol):
    """An environment in a folder of its own, as far as the proof needs to know it."""

    @property
    def interpreter(self) -> Interpreter: ...
    @property
    def path(self) -> Path: ...


def prove(document: dict[str, Any], environment: Environment | Installation) -> list[Mismatch]:
    """Return how an environment differs from the recorded document; nothing means that it is the same.

    A rebuilt one is looked at again; a captured one is taken as it was when it was captured.
    """
    if isinstance(environment, Environment):
        found = environment
    else:
        found = installed(environment.interpreter, environment.path)
    return compare(document, found.document, found.distributions)


def installed(interpreter: Interpreter, path: Path) -> Environment:
    """Capture a rebuilt environment, with its stat cache beside it."""
    return capture(interpreter, project=path / "no-project", cache=path.with_name(path.name + ".cache"))


def compare(
    expected: dict[str, Any], found: dict[str, Any], distributions: Iterable[Distribution] = ()
) -> list[Mismatch]:
    """Compare two environment documents; `distributions`, the found ones, tell which of their files were changed."""
    mismatches = [
        Mismatch(fact, expected[fact], found[fact], f"{fact} is {found[fact]}, not {expected[fact]}")
        for fact in _FACTS
        if expected[fact] != found[fact]
    ]
    by_name = {one.name: one for one in distributions}
    ours, theirs = expected["distributions"], found["distributions"]
    for name in sorted(set(ours) | set(theirs)):
        if ours.get(name) != theirs.get(name):
            mismatches.append(_mismatch(name, ours.get(name), theirs.get(name), by_name.get(name)))
    return mismatches


def _mismatch(
    name: str, expected: dict[str, str] | None, found: dict[str, str] | None, installed: Distribution | None
) -> Mismatch:
    if found is None:
        assert expected is not None
        return Mismatch(name, expected["version"], None, "it is not installed")
    if expected is None:
        return Mismatch(name, None, found["version"], "it was not installed then")
    if expected["version"] != found["version"]:
        detail = f"version {found['version']}, not {expected['version']}"
        return Mismatch(name, expected["version"], found["version"], detail)
    if installed is not None and installed.tampered:
        detail = "changed after it was installed: " + ", ".join(installed.tampered)
    else:
        tag = f" ({installed.tag})" if installed is not None and installed.tag else ""
        detail = f"same version, other files: it was installed from another build than this one{tag}"
    return Mismatch(name, expected["version"], found["version"], detail)
