"""From a value to its parts: which rule applies to which type."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

from restrike.codecs.content import boosters, functions, objects
from restrike.codecs.content.parts import Branch, Leaf, Unknown, item_label, key_label, lineage, qualified

Rule = Callable[[Any], "Branch | Leaf"]
HOOK = "__restrike_content__"  # a method: returns the value that stands for the object


def part_of(value: Any) -> Branch | Leaf:
    """Return the parts of a value one level down. Raise Unknown, or what its hooks raise, where there are none."""
    if isinstance(value, (Branch, Leaf)):
        return value
    cls: Any = type(value)
    return rule_for(cls)(value)


@functools.lru_cache(maxsize=4096)
def rule_for(cls: type) -> Rule:
    """Return the rule for a type; cached, since a model holds many values of few types."""
    if rule := _BUILT_IN.get(cls):
        return rule
    if issubclass(cls, type):
        return functions.of_class
    if callable(getattr(cls, HOOK, None)):
        return _hooked
    known = lineage(cls)
    return (
        _library_rule(cls, known)
        or boosters.rule_for(known)
        or (_of_set if issubclass(cls, (set, frozenset)) else None)
        or objects.of_object
    )


def _library_rule(cls: type, known: set[tuple[str, str]]) -> Rule | None:
    """Return the rule of the library that a type or one of its bases comes from; only that library is loaded."""
    roots = {root for root, _ in known}
    if "pandas" in roots:
        from restrike.codecs.content import pandas_parts

        if rule := pandas_parts.rule_for(cls, known):
            return rule
    if "polars" in roots:
        from restrike.codecs.content import polars_parts

        return polars_parts.rule_for(known)
    if "pyarrow" in roots:
        from restrike.codecs.content import arrow_parts

        return arrow_parts.rule_for(known)
    if roots & {"numpy", "scipy"}:
        from restrike.codecs.content import array_parts

        return array_parts.rule_for(cls, known)
    return None


def _hooked(value: Any) -> Branch:
    return Branch(f"hook {qualified(type(value))}", [getattr(value, HOOK)()], label=lambda _: f".{HOOK}()")


def _of_list(value: list[Any]) -> Branch:
    return Branch("list", value, label=item_label)


def _of_tuple(value: tuple[Any, ...]) -> Branch:
    return Branch("tuple", value, label=item_label)


def _of_dict(value: dict[Any, Any]) -> Branch:
    keys = list(value)
    return Branch("dict", [part for pair in value.items() for part in pair], "mapping", key_label(keys))


def _of_set(value: set[Any] | frozenset[Any]) -> Branch:
    cls = type(value)
    if cls in (set, frozenset):
        return Branch(cls.__name__, value, "set")
    elements = Branch("elements", list(value), "set")
    return Branch(f"set {qualified(cls)}", [elements, dict(getattr(value, "__dict__", {}))])


def _of_module(value: types.ModuleType) -> Leaf:
    return Leaf("module", [value.__name__.encode()], value.__name__)


def _of_bytearray(value: bytearray) -> Leaf:
    return Leaf("bytearray", [value], value)


def _refuse(value: Any) -> Leaf:
    raise Unknown(f"a {type(value).__name__} has no content of its own")


_BUILT_IN: dict[type, Rule] = {
    list: _of_list,
    tuple: _of_tuple,
    dict: _of_dict,
    set: _of_set,
    frozenset: _of_set,
    bytearray: _of_bytearray,
    memoryview: _refuse,
    types.ModuleType: _of_module,
    types.FunctionType: functions.of_function,
    types.MethodType: functions.of_method,
    types.BuiltinFunctionType: functions.of_builtin,
    types.CodeType: functions.of_code,
    types.CellType: functions.of_cell,
    type: functions.of_class,
}
