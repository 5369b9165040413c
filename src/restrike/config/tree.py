"""A parsed configuration that still knows where each of its values stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]  # the keys and list positions that lead to a value


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value was written: a file with line and column from 1, or a flag (`--set KEY=VALUE`, line 0)."""

    source: str
    line: int = 0
    column: int = 0
    rank: int = 0  # order in which sources are reported

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source

    def order(self) -> tuple[int, int, int]:
        return (self.rank, self.line, self.column)


@dataclass(slots=True)
class Node:
    """A value with its place; `key` is the place of the key that it is the value of."""

    value: Any  # dict[str, Node], list[Node] or a scalar
    place: Place
    key: Place | None = None

    @property
    def told_at(self) -> Place:
        """Where a reader looks for it: a mapping or list at its key, a scalar at itself."""
        return self.key if self.key is not None and isinstance(self.value, dict | list) else self.place

    def plain(self) -> Any:
        """Return the value without places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def child(self, step: str | int) -> Node | None:
        if isinstance(self.value, dict):
            below: Node | None = self.value.get(step)
            return below
        if isinstance(self.value, list) and isinstance(step, int) and 0 <= step < len(self.value):
            item: Node = self.value[step]
            return item
        return None

    def nearest(self, path: Path) -> tuple[Node, int]:
        """Return the node at a path, or the deepest one on the way to it, and how many steps lead there."""
        node, depth = self, 0
        for step in path:
            below = node.child(step)
            if below is None:
                break
            node, depth = below, depth + 1
        return node, depth

    def walk(self, path: Path = ()) -> Iterator[tuple[Path, Node]]:
        """Yield every node with its path, outer before inner."""
        yield path, self
        if isinstance(self.value, dict):
            for key, node in self.value.items():
                yield from node.walk((*path, key))
        elif isinstance(self.value, list):
            for position, node in enumerate(self.value):
                yield from node.walk((*path, position))


def dotted(path: Path) -> str:
    """Return a path as `--set` takes it; a key that holds a dot, a quote or an `=` stands in quotes."""
    return ".".join(_quoted(step) if isinstance(step, str) else str(step) for step in path)


def _quoted(key: str) -> str:
    if key and not any(sign in key for sign in ".=\"'"):
        return key
    return f"'{key}'" if "'" not in key else f'"{key}"'
