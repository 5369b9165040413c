"""The trace of a step as a document. Specified in docs/design/trace.md."""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Iterable
from typing import Any

from restrike.worker.trace.record import Record
from restrike.worker.watch.session import Session

MASS = 5  # variables that one line reads; more are a copy of them all, and no reading of any
_ALWAYS_WHOLE = ("pkg_resources",)  # lists what is installed when it is imported


def document(session: Session, bare: set[str]) -> dict[str, Any]:
    """Return what a step and the processes that it started were seen to use.

    `bare` are the libraries of a Python that has imported nothing.
    """
    record, project = session.record, session.places.project
    installed = record.texts("installed")
    metadata = record.texts("metadata")
    return {
        "modules": record.texts("module"),
        "handed": record.texts("handed"),
        "installed": installed,
        "absent": _absent(record, project),
        "listed": record.texts("listed"),
        "searched": _searched(record),
        "source": record.texts("source"),
        "metadata": "all" if "all" in metadata or set(installed).intersection(_ALWAYS_WHOLE) else metadata,
        "libraries": sorted({*record.texts("library"), *record.texts("elsewhere")} - bare),
        "readings": session.watch.readings(),
        "opened": _placed(record, "opened", "path"),
        "variables": _variables(record),
        "temporary": record.texts("temporary"),
        "pythons": len(list(record.of("start"))),
        "incomplete": _incomplete(record),
    }


def _searched(record: Record) -> dict[str, int]:
    """Return how often the import system listed folders of the project; the controller compares, and leaves it out."""
    found: dict[str, int] = {}
    for folder, _, _ in record.of("searched"):
        found[str(folder)] = found.get(str(folder), 0) + 1
    return found


def _incomplete(record: Record) -> str | None:
    told = record.texts("incomplete")
    for _, _, prefix in record.of("start"):
        if not os.path.isdir(str(prefix)) or not os.path.samefile(str(prefix), sys.prefix):
            told.append(f"a Python of another environment was started: '{prefix}'")
    return told[0] if told else None


def merge(record: Record, lines: Iterable[list[Any]]) -> None:
    """Add what other processes told."""
    for kind, *value in lines:
        record.note(kind, *value)


def with_text(places: list[dict[str, Any]], project: str) -> list[dict[str, Any]]:
    """Return places with the text of their lines."""
    for place in places:
        file = place["file"]
        text = "" if file.startswith("<") else linecache.getline(os.path.join(project, file), place["line"])
        place["text"] = text.strip()
    return places


def settle(record: Record) -> None:
    """Decide for good about names that a zygote has looked for in vain: each of its steps would have to."""
    names = [value for value in record.of("absent") if value[0] not in sys.modules and "." not in str(value[0])]
    record.keep("absent", names)


def _absent(record: Record, project: str) -> list[str]:
    """Return the names that nothing was found for, where what is installed does not decide that."""
    own = {name.partition("/")[0].removesuffix(".py") for name in record.texts("module")}
    names = [name for name in record.texts("absent") if name not in sys.modules]
    return [name for name in names if "." not in name or name.partition(".")[0] in own or _is_own(name, project)]


def _is_own(name: str, project: str) -> bool:
    members = getattr(sys.modules.get(name.partition(".")[0]), "__dict__", {})
    return str(members.get("__file__", "")).startswith(project)


def _placed(record: Record, kind: str, name: str) -> list[dict[str, Any]]:
    return [
        {name: value, "file": file, "line": line, "function": function}
        for value, file, line, function in _firsts(record.of(kind))
    ]


def _firsts(told: Any) -> list[Any]:
    first: dict[Any, Any] = {}
    for value in told:
        first.setdefault(value[0], value)
    return list(first.values())


def _variables(record: Record) -> list[dict[str, Any]]:
    told = list(record.of("variable"))
    read: dict[Any, int] = {}
    for _, file, line, _, is_set in told:
        read[file, line] = read.get((file, line), 0) + bool(is_set)
    kept = [item for item in told if not item[4] or read[item[1], item[2]] <= MASS]
    return [
        {"name": name, "file": file, "line": line, "function": function, "set": bool(is_set)}
        for name, file, line, function, is_set in _firsts(kept)
    ]
