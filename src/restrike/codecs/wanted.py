"""What a step asks for by annotation, as a name that needs no library to be loaded."""

from __future__ import annotations

import pathlib
import types
import typing
from typing import Any

_PLAIN = {str: "str", bytes: "bytes", dict: "dict", list: "list", int: "int", float: "float", bool: "bool"}
_ALIASES = {"pd": "pandas", "pl": "polars", "pa": "pyarrow", "np": "numpy"}
_LIBRARIES = {"pandas", "polars", "pyarrow", "numpy"}


def name_of(want: Any) -> str | None:
    """Return `pandas.DataFrame`, `Path`, `str`..., or None where the annotation leaves it open.

    `X | None`, `Annotated[X, ...]` and `ndarray[...]` ask for X. Unresolved annotations may be given as text.
    """
    if isinstance(want, str):
        head, _, tail = want.split("[")[0].strip().partition(".")
        if tail and (root := _ALIASES.get(head, head)) in _LIBRARIES:
            return f"{root}.{tail.rpartition('.')[2]}"
        return "Path" if want in ("Path", "pathlib.Path") else want if want in _PLAIN.values() else None
    origin = typing.get_origin(want)
    if origin is typing.Annotated:
        return name_of(typing.get_args(want)[0])
    if origin is typing.Union or origin is types.UnionType:
        names = {name_of(part) for part in typing.get_args(want) if part is not type(None)}
        return names.pop() if len(names) == 1 else None
    cls = origin or want
    if not isinstance(cls, type):
        return None
    if cls in _PLAIN:
        return _PLAIN[cls]
    if issubclass(cls, pathlib.PurePath):
        return "Path"
    root = cls.__module__.partition(".")[0]
    return f"{root}.{cls.__name__}" if root in _LIBRARIES else None
