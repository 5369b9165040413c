"""`--set KEY=VALUE`: a flag as the edit of the file that it stands for."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence

from restrike.config.errors import Problem
from restrike.config.merge import replaced
from restrike.config.parse import parse
from restrike.config.scalars import described
from restrike.config.tree import Node, Path, Place, dotted

_STEP = re.compile(r"""'([^']*)'|"([^"]*)"|([^.'"=]+)""")
_RANK = 1_000  # flags are reported after all files
_EXAMPLE = "--set train.params.C=0.5"


class BadFlag(Exception):
    """A flag that cannot be carried out; its problems are the argument."""

    def __init__(self, problems: list[Problem]):
        self.problems = problems


def apply(root: Node, flags: Sequence[str]) -> list[Problem]:
    """Change the tree as the flags say, in their order, and return what could not be done."""
    problems: list[Problem] = []
    for position, flag in enumerate(flags):
        place = Place(f"--set {flag}", rank=_RANK + position)
        try:
            path, text = _split(flag, place)
            _assign(root, path, _value(path, text, place), place)
        except BadFlag as bad:
            problems += bad.problems
    return problems


def _split(flag: str, place: Place) -> tuple[Path, str]:
    steps: list[str | int] = []
    position = 0
    while match := _STEP.match(flag, position):
        quoted = match[1] if match[1] is not None else match[2]
        steps.append(quoted if quoted is not None else match[3])
        position = match.end()
        if flag[position : position + 1] != ".":
            break
        position += 1
    if flag[position : position + 1] != "=" or flag[position - 1 : position] == "." or not steps:
        raise BadFlag([Problem(place, "a flag has the form KEY=VALUE, with a key such as train.params.C", _EXAMPLE)])
    if steps == ["extends"]:
        raise BadFlag([Problem(place, "'extends' cannot be set by a flag; write it into the file")])
    return tuple(steps), flag[position + 1 :]


def _value(path: Path, text: str, place: Place) -> Node:
    parsed = parse(text, place.source, place.rank, flag=True)
    if parsed.problems:
        quoted = f"--set {shlex.quote(f'{dotted(path)}={json.dumps(text, ensure_ascii=False)}')}   # as text"
        raise BadFlag([Problem(place, problem.message, quoted) for problem in parsed.problems])
    return parsed.root if parsed.root is not None else Node(None, place)


def _assign(root: Node, path: Path, value: Node, place: Place) -> None:
    node = root
    for depth, step in enumerate(path[:-1]):
        node = _below(node, path[:depth], str(step), place)
    last = str(path[-1])
    value.key = place
    if isinstance(node.value, list):
        node.value[_position(node, path[:-1], last, place)] = value
        return
    _need_keys(node, path[:-1], last, place)
    if last in ("use", "run") and "params" not in path[:-1]:
        _forget(node, last, value, place)
    node.value[last] = value


def _below(node: Node, path: Path, step: str, place: Place) -> Node:
    """Return the node under a key or position, a new mapping where there is none yet."""
    if isinstance(node.value, list):
        below: Node = node.value[_position(node, path, step, place)]
        return below
    _need_keys(node, path, step, place)
    if step not in node.value or node.value[step].value is None:
        node.value[step] = Node({}, place, place)
    found: Node = node.value[step]
    return found


def _need_keys(node: Node, path: Path, step: str, place: Place) -> None:
    if not isinstance(node.value, dict):
        told = f"'{dotted(path)}' is {described(node.value)} and has no key '{step}'"
        raise BadFlag([Problem(place, told)])


def _position(node: Node, path: Path, step: str, place: Place) -> int:
    count = len(node.value)
    if not step.isdecimal() or int(step) >= count:
        holds = f"its items are 0 to {count - 1}" if count else "it is empty"
        raise BadFlag([Problem(place, f"'{dotted(path)}' is a list and has no item '{step}'; {holds}")])
    return int(step)


def _forget(node: Node, key: str, value: Node, place: Place) -> None:
    """Drop what belonged to the component that stood here, as far as the file gave it; what flags gave stays."""
    for gone in replaced(node, Node({key: value}, place)) & set(node.value):
        found = node.value[gone]
        if isinstance(found.value, dict):
            found.value = {name: below for name, below in found.value.items() if below.place.rank >= _RANK}
        if found.place.rank < _RANK and not (isinstance(found.value, dict) and found.value):
            del node.value[gone]
