"""What pydantic found, in our words and at the place where the user wrote it."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from restrike.config.errors import Problem
from restrike.config.scalars import described
from restrike.config.tree import Node, Path, dotted

_KINDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}
_LIMITS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}
_LONGEST_LIST = 100  # characters of valid keys that are still listed beside a near one


@dataclass(frozen=True)
class Fault:
    """Something wrong at a path of the configuration; told at its key where `at_key` says so."""

    path: Path
    message: str
    hint: str | None = None
    at_key: bool = False

    def problem(self, root: Node) -> Problem:
        """Return the fault with its place: the deepest part of its path that somebody wrote."""
        node, depth = root.nearest(self.path)
        at_key = self.at_key and depth == len(self.path) and node.key is not None
        return Problem(node.key if at_key and node.key else node.told_at, self.message, self.hint)


def faults(lines: Sequence[Any], root: Node) -> list[Fault]:
    """Return what a pydantic ValidationError lists."""
    return [_fault(line, root) for line in lines]


def near(word: str, valid: Sequence[str], what: str) -> str:
    """Return `; did you mean 'x'? (what: a, b, c)` for a word that is not among the valid ones."""
    close = difflib.get_close_matches(word, valid, 1, 0.6)
    listed = ", ".join(valid)
    told = f"; did you mean '{close[0]}'?" if close else ""
    if not valid or (close and len(listed) > _LONGEST_LIST):
        return told
    return f"{told} ({what}: {listed})"


def undeclared(path: Path, name: str, known: Sequence[str]) -> Fault:
    """Return the fault of a key that names a dataset nobody declared."""
    return Fault(path, f"'{dotted(path)}' names no declared dataset: '{name}'{near(name, known, 'data')}")


def _fault(line: Any, root: Node) -> Fault:
    path: Path = line["loc"]
    kind, context = line["type"], line.get("ctx", {})
    if path and path[-1] == "[key]":
        return Fault(path[:-1], f"'{path[-2]}' {context.get('told', 'is no valid key')}", at_key=True)
    if kind == "unknown_key":
        return Fault(path, _unknown(path, context["allowed"]), at_key=True)
    if kind == "missing":
        return _missing(path, root)
    if kind == "restrike":
        inner = (*path, context["item"]) if "item" in context else path
        return Fault(inner, f"'{dotted(path)}' {context['told']}")
    return Fault(path, f"'{dotted(path)}' {_told(kind, context, line['input'])}")


def _unknown(path: Path, allowed: Sequence[str]) -> str:
    place = f" in '{dotted(path[:-1])}'" if len(path) > 1 else ""
    return f"unknown key '{path[-1]}'{place}{near(str(path[-1]), allowed, 'keys')}"


def _missing(path: Path, root: Node) -> Fault:
    _, depth = root.nearest(path)
    if depth == len(path):
        return Fault(path, f"'{dotted(path)}' has no value", at_key=True)
    inside = f"'{dotted(path[:-1])}' has no '{path[-1]}'" if len(path) > 1 else f"'{path[-1]}' is missing"
    return Fault(path, inside)


def _told(kind: str, context: Any, value: Any) -> str:
    if kind in _KINDS:
        quote = _KINDS[kind] == "text" and isinstance(value, bool | int | float)
        return f"has to be {_KINDS[kind]}, not {described(value)}{'; write it in quotes' if quote else ''}"
    if kind in _LIMITS:
        words, key = _LIMITS[kind]
        limit = context[key]
        return (
            f"has to be {words} {limit:g}, not {value}" if limit % 1 else f"has to be {words} {int(limit)}, not {value}"
        )
    if kind == "literal_error":
        return _literal(context["expected"], value)
    if kind in ("too_short", "string_too_short"):
        return "is empty"
    return f"is not valid: {kind.replace('_', ' ')}"


def _literal(expected: str, value: Any) -> str:
    """Word pydantic's "'a', 'b' or 'c'"."""
    valid = expected.replace(" or ", ", ").replace("'", "").split(", ")
    if len(valid) == 1:
        return f"has to be {valid[0]}, not {described(value)}"
    suggestion = near(value, valid, "") if isinstance(value, str) else ""
    suggestion = suggestion.split(" (")[0]
    return f"has to be one of {', '.join(valid)}, not {described(value)}{suggestion}"
