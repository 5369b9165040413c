"""What a value is made of: one level at a time, in a form that digests and comparisons share.

`part_of` in `anatomy.py` turns a value into a `Branch` (children, each again a value) or a `Leaf` (bytes). Because the
digest and the search for the first difference look at the same parts, what differs in the one is found by the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Label = Callable[[int], str]
Buffer = bytes | bytearray | memoryview


@dataclass(frozen=True, eq=False)
class Leaf:
    """Bytes that stand for a value: `kind` says what they mean, each buffer is hashed with its length.

    `shown` gives the value back for people and for element-wise comparison; of `texts`, a function that returns them.
    """

    kind: str
    buffers: Sequence[Buffer]
    shown: Any = None


@dataclass(frozen=True, eq=False)
class Branch:
    """Children, in an order that counts (`sequence`), that the input digest alone keeps (`mapping`), or none (`set`).

    The children of a mapping are key, value, key, value... `label(i)` is the path from the value to child i as Python
    would write it; a mapping is asked for its pairs, so i counts pairs there.
    """

    kind: str
    children: Iterable[Any]
    order: Literal["sequence", "mapping", "set"] = "sequence"
    label: Label | None = None
    left_out: tuple[str, ...] = field(default=())


def texts(lengths: Any, data: Buffer, shown: Callable[[], list[Any]]) -> Leaf:
    """Return a column of texts or byte strings: the length of each in bytes (64 bits), then all of them end to end."""
    return Leaf("texts", [lengths.astype("<i8").tobytes(), data], shown)


class Unknown(Exception):
    """A value whose content cannot be told; `reason` follows the value's place in a sentence."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


def qualified(cls: Any) -> str:
    """Return `module.qualname` of a class or function."""
    return f"{getattr(cls, '__module__', None)}.{getattr(cls, '__qualname__', cls)}"


def lineage(cls: type) -> set[tuple[str, str]]:
    """Return (top-level package, class name) of a class and its bases: libraries move classes between their modules."""
    return {(str(base.__module__).partition(".")[0], base.__name__) for base in cls.__mro__}


def attribute_label(names: Sequence[str]) -> Label:
    return lambda index: f".{names[index]}"


def item_label(index: int) -> str:
    return f"[{index}]"


def key_label(keys: Sequence[Any]) -> Label:
    return lambda index: f"[{short(keys[index])}]"


def short(value: Any, limit: int = 60) -> str:
    """Return a bounded repr of a value, on one line."""
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001  # a repr of somebody else's class must not end the comparison
        text = f"<{type(value).__name__} whose repr fails: {type(error).__name__}>"
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
