"""Configuration files as they lie on the disk, each laid over the one that it extends."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from restrike.config.errors import MINIMAL, ConfigSyntax, ConfigUnreadable, Problem
from restrike.config.files import read, shown
from restrike.config.merge import over
from restrike.config.parse import parse
from restrike.config.scalars import described
from restrike.config.tree import Node, Place


@dataclass(frozen=True)
class Loaded:
    """The merged tree, the files it came from (the main one first) and their bytes."""

    root: Node
    files: tuple[Path, ...]
    contents: tuple[bytes, ...]


def load(path: Path) -> Loaded:
    """Read a configuration and all that it extends. Raise ConfigSyntax with every problem of the first bad file."""
    project = path.parent
    trees: list[Node] = []
    files: list[Path] = []
    contents: list[bytes] = []
    chain: list[str] = []
    following: Path | None = path
    named_at: Place | None = None
    while following is not None:
        label = shown(following, project)
        _refuse_circle(chain, label, named_at)
        chain.append(label)
        data = read(following, place=named_at)
        root = _tree(data, label, len(files))
        files.append(following)
        contents.append(data)
        trees.append(root)
        base = root.value.pop("extends", None)
        following = None if base is None or base.value is None else _base(base, following, label)
        named_at = base.place if base is not None else None
    merged = trees[-1]
    for tree in reversed(trees[:-1]):
        merged = over(merged, tree)
    return Loaded(merged, tuple(files), tuple(contents))


def _tree(data: bytes, label: str, rank: int) -> Node:
    parsed = parse(_decoded(data, label), label, rank)
    root, problems = parsed.root, list(parsed.problems)
    if not problems and (root is None or root.value is None):
        problems.append(Problem(Place(label, rank=rank), f"'{label}' is empty", MINIMAL))
    elif root is not None and not isinstance(root.value, dict):
        told = f"the file has to hold keys (name: ..., data: ...), not {described(root.value)}"
        problems.append(Problem(root.place, told))
    if problems or root is None:
        raise ConfigSyntax(sorted(problems, key=lambda problem: problem.place.order()), label)
    return root


def _decoded(data: bytes, label: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        start = data.rfind(b"\n", 0, error.start) + 1
        column = len(data[start : error.start].decode("utf-8")) + 1
        raise ConfigUnreadable(
            f"'{label}' is not UTF-8: byte 0x{data[error.start]:02x}",
            where=f"{label}:{data.count(10, 0, error.start) + 1}:{column}",
            hint=f"iconv -f latin1 -t utf-8 {label} > utf8.yaml   # if it was written as Latin-1",
        ) from None


def _base(node: Node, path: Path, label: str) -> Path:
    told = None
    if not isinstance(node.value, str) or not node.value:
        told = f"'extends' has to be the relative path of one file, not {described(node.value)}"
    elif os.path.isabs(node.value) or node.value.startswith("~"):
        told = f"'extends' has to be a path relative to this file, not '{node.value}'"
    if told:
        raise ConfigSyntax([Problem(node.told_at, told)], label)
    return Path(os.path.normpath(path.parent / node.value))


def _refuse_circle(chain: list[str], label: str, named_at: Place | None) -> None:
    if label in chain and named_at is not None:
        circle = " -> ".join([*chain[chain.index(label) :], label])
        raise ConfigSyntax([Problem(named_at, f"the files extend each other in a circle: {circle}")], chain[0])
