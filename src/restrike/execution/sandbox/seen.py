"""A step's trace, completed by what only the kernel tells: what compiled code did, and whether all have spoken."""

from __future__ import annotations

import linecache
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from restrike.execution.sandbox.layout import SYSTEM
from restrike.execution.sandbox.work import Lookup
from restrike.worker import seal as places


def completed(
    trace: Mapping[str, Any], lookups: Iterable[Lookup], ended: Mapping[str, Any], code: Path
) -> dict[str, Any]:
    """Return a trace with what compiled code did, the text of lines, and why it is incomplete, if it is.

    `ended` is the warden's message of a step's end, `code` the snapshot.
    """
    lookups = list(lookups)
    programs = {item.path for item in lookups if item.kind == "exec" and item.found and _is_system(item.path)}
    kept = {name: value for name, value in trace.items() if name != "searched"}
    return {
        **kept,
        **{name: [_with_text(place, code) for place in trace[name]] for name in ("readings", "opened", "variables")},
        "modules": _files(trace["modules"], lookups, ended),
        "libraries": sorted({*trace["libraries"], *programs}),
        "listed": sorted({*trace["listed"], *_listed_by_others(trace, lookups)}),
        "source": sorted({*trace["source"], *(_read(lookups) - set(trace["modules"]))}),
        "incomplete": trace["incomplete"] or _incomplete(trace, lookups, ended),
    }


def _with_text(place: Mapping[str, Any], code: Path) -> dict[str, Any]:
    """Return a place with its line; here, as a step would be told of for each file that it reads it from."""
    file = place["file"]
    text = "" if file.startswith(("<", "/")) else linecache.getline(os.path.join(code, file), place["line"])
    return {**place, "text": text.strip()}


def _files(modules: list[str], lookups: Iterable[Lookup], ended: Mapping[str, Any]) -> list[str]:
    """Return the modules that are files: code may be executed under any name."""
    if ended.get("untraced"):
        return modules
    found = {item.path for item in lookups if item.found}
    return [name for name in modules if f"{places.PROJECT}/{name}" in found]


def _listed_by_others(trace: Mapping[str, Any], lookups: list[Lookup]) -> Iterable[str]:
    """Yield the project's folders that were opened oftener than by the import system: native code listed them."""
    for lookup in lookups:
        if lookup.listed and f"{lookup.path}/".startswith(f"{places.PROJECT}/"):
            path = lookup.path[len(places.PROJECT) + 1 :] or "."
            if lookup.listed > trace.get("searched", {}).get(path, 0):
                yield path


def _read(lookups: Iterable[Lookup]) -> set[str]:
    """Return the sources of the project that were opened, by whatever code."""
    start = places.PROJECT + "/"
    found = {item.path for item in lookups if item.found and item.kind in ("open", "update")}
    return {path.removeprefix(start) for path in found if path.startswith(start) and path.endswith(".py")}


def _incomplete(trace: Mapping[str, Any], lookups: list[Lookup], ended: Mapping[str, Any]) -> str | None:
    if ended.get("untraced"):
        return f"what it asked for is not known in full: {ended['untraced']}"
    if ended.get("pythons", 0) > trace["pythons"]:
        return "a Python that it started did not say what it used, as with `python -I`, `-S` or `-E`"
    read = next((item.path for item in lookups if item.by == "program"), None)
    return f"a program other than the environment's Python read '{read}'" if read else None


def _is_system(path: str) -> bool:
    return path.startswith(tuple(folder + "/" for folder in SYSTEM))
