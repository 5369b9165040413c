"""What a step read that no recipe fixes, made into findings and notes: variables, clock, randomness, the machine."""

from __future__ import annotations

import mmap
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from restrike.execution.finding import Finding
from restrike.execution.sandbox.hints import Hints
from restrike.execution.whereabouts import Whereabouts, line_of

_CLOCK = "pass the time in as a parameter, or leave it out of what the step returns"
_RANDOM = "seed it: a step that has a parameter `seed` is given one"
_MACHINE = "give the step what it needs of it as a parameter"
_TEMPORARY = "leave the name out of what the step returns"
_NOTES = {"cores": "the number of cores", "machine": "what tells this machine from others"}

_SEEDED = re.compile(r"\bRandomState\((?!\s*(None\s*)?\))")
_UNSEEDED = re.compile(r"\bRandomState\(\s*(None\s*)?\)|urandom|secrets|uuid|token_|Random\(|_rng\(")
_TEMPORARY_CALLS = ("mkstemp", "mkdtemp", "TemporaryDirectory", "NamedTemporaryFile", "mktemp", "gettempdir")

MOST_NAMES, MOST_BYTES = 50, 64 << 20  # of temporary files, and of an output that is searched for their names


def of_variables(
    step: str, trace: Mapping[str, Any], shell: Collection[str], declared: Collection[str], hints: Hints
) -> Iterator[Finding]:
    """Yield a finding for every variable that the user's shell has set, the user's own code read and no step is given.

    `declared` are the variables that the configuration passes, states or keeps secret.
    """
    told: set[str] = set()
    for item in trace.get("variables", ()):
        name = item["name"]
        if item["set"] or name in told or name not in shell or name in declared or _is_own(name):
            continue
        told.add(name)
        what = f"the variable '{name}' is set in your shell, and not passed on to steps"
        yield Finding("environment variable", step, name, what, line_of(item), hints.variable(name), "undeclared")


def of_readings(step: str, trace: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield a finding for every place of the user's code that read the clock, the machine's randomness or its files."""
    for item in trace.get("readings", ()):
        what, place = item["what"], line_of(item)
        if item["kind"] == "entropy" and not _is_thrown_away(item["text"]):
            told = f"{what}, another in every execution"
            yield Finding("unseeded randomness", step, what, told, place, _RANDOM, "nondeterministic")
        elif item["kind"] == "clock":
            yield Finding(
                "clock", step, what, f"{what} tells the time of the execution", place, _CLOCK, "nondeterministic"
            )
        elif item["kind"] == "machine" and "/" in what:
            told = f"'{what}' belongs to the machine, and is no part of the recipe"
            yield Finding("machine", step, what, told, place, _MACHINE, "unsealed")


def _is_thrown_away(line: str) -> bool:
    """Tell whether a line makes one of numpy's old generators with a seed: it draws from the machine all the same,
    and throws away what it drew."""
    return bool(_SEEDED.search(line)) and not _UNSEEDED.search(line)


def notes(trace: Mapping[str, Any]) -> Iterator[str]:
    """Yield a note for each kind of ordinary reading: what depends on it is not the same on every machine."""
    for kind, text in _NOTES.items():
        places = [item for item in trace.get("readings", ()) if item["kind"] == kind and "/" not in item["what"]]
        if places:
            yield f"reads {text} ({places[0]['what']} at {line_of(places[0])})"


def of_temporary_names(
    step: str, trace: Mapping[str, Any], outputs: Mapping[str, Path], where: Whereabouts
) -> Iterator[Finding]:
    """Yield a finding for every output that holds the name of a temporary file, which is another in every execution."""
    names = [os.path.basename(path).encode() for path in trace.get("temporary", ())][:MOST_NAMES]
    if not names:
        return
    for output, path in outputs.items():
        if any(_holds(file, names) for file in _files(path)):
            what = f"the output '{output}' holds the name of a temporary file, another in every execution"
            place = where.of_call(_TEMPORARY_CALLS)
            yield Finding("unseeded randomness", step, output, what, place, _TEMPORARY, "nondeterministic")


def _files(path: Path) -> Iterable[Path]:
    return (file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]


def _holds(file: Path, names: list[bytes]) -> bool:
    if not 0 < file.stat().st_size <= MOST_BYTES:
        return False
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return any(content.find(name) >= 0 for name in names)


def _is_own(name: str) -> bool:
    return name.startswith(("RESTRIKE_", "VIRTUAL_ENV", "CONDA_"))
