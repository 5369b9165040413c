"""A step's trace, completed by what only the kernel tells: which programs it executed, and whether all have spoken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from restrike.execution.sandbox.layout import SYSTEM
from restrike.execution.sandbox.work import Lookup
from restrike.worker import seal as places

# Asked for in passing, by libraries that count cores or look for libraries; no package comes with one of this name.
_IN_PASSING = ("lscpu", "ldconfig", "uname")
_OWN = tuple(f"{place}/" for place in (places.PROJECT, places.INPUTS, places.OUTPUTS, places.HOME, "/tmp", "/proc"))


def completed(trace: Mapping[str, Any], lookups: Iterable[Lookup], ended: Mapping[str, Any]) -> dict[str, Any]:
    """Return a trace that says why it is incomplete, if it is. `ended` is the warden's message of a step's end."""
    lookups = list(lookups)
    executed = [item.path for item in lookups if item.kind == "exec" and item.found]
    missed = [item.path for item in lookups if item.kind == "exec" and not item.found]
    libraries = {*trace["libraries"], *(path for path in executed if _is_system(path))}
    kept = {name: value for name, value in trace.items() if name != "searched"}
    return {
        **kept,
        "libraries": sorted(libraries),
        "listed": sorted({*trace["listed"], *_listed_by_others(trace, lookups)}),
        "environment_whole": trace["environment_whole"] or _whole(executed, missed),
        "incomplete": trace["incomplete"] or _incomplete(trace, lookups, ended),
    }


def _listed_by_others(trace: Mapping[str, Any], lookups: list[Lookup]) -> Iterable[str]:
    """Yield the project's folders that were opened oftener than by the import system: native code listed them.

    A Python that starts searches each folder of its path, none of which is a package, once before it can tell.
    """
    for lookup in lookups:
        if lookup.listed and f"{lookup.path}/".startswith(f"{places.PROJECT}/"):
            path = lookup.path[len(places.PROJECT) + 1 :] or "."
            unheard = 0 if f"{path}/__init__.py" in trace["modules"] else trace["pythons"]
            if lookup.listed > trace.get("searched", {}).get(path, 0) + unheard:
                yield path


def _incomplete(trace: Mapping[str, Any], lookups: list[Lookup], ended: Mapping[str, Any]) -> str | None:
    if ended.get("untraced"):
        return f"what it asked for is not known in full: {ended['untraced']}"
    if ended.get("pythons", 0) > trace["pythons"]:
        return "a Python that it started did not say what it used, as with `python -I`, `-S` or `-E`"
    read = next((item.path for item in lookups if item.by == "program"), None)
    return f"a program other than the environment's Python read '{read}'" if read else None


def _whole(executed: list[str], missed: list[str]) -> str | None:
    """Return why all that is installed counts: a program of the environment, or one that it could come to provide."""
    for path in executed:
        if not path.startswith(_OWN) and not _is_system(path) and not _is_interpreter(path):
            return f"it runs '{path}', a program of the environment"
    for path in missed:
        name = path.rpartition("/")[2]
        if name not in _IN_PASSING and any(other.endswith("/" + name) for other in executed):
            return f"it runs '{name}', which a package could come to provide"
    return None


def _is_interpreter(path: str) -> bool:
    return path.rpartition("/")[2].startswith(("python", "pypy"))


def _is_system(path: str) -> bool:
    return path.startswith(tuple(folder + "/" for folder in SYSTEM))
