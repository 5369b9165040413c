"""Objects of any other class: what pickling would keep of them (`__reduce_ex__(4)`), without how pickling writes it."""

from __future__ import annotations

import collections
import copyreg
import itertools
from typing import Any

from restrike.codecs.content import volatile
from restrike.codecs.content.parts import Branch, Leaf, Unknown, attribute_label, item_label, key_label, qualified


def of_object(value: Any) -> Branch | Leaf:
    """Return class, constructor arguments, state, items and entries. Raise Unknown for a C type that shows nothing."""
    cls = type(value)
    reduce = copyreg.dispatch_table.get(cls)
    reduced: Any = reduce(value) if reduce else value.__reduce_ex__(4)
    if isinstance(reduced, str):
        name = f"{_module_of(value, cls)}.{reduced}"
        if (wrapped := getattr(value, "__wrapped__", None)) is not None:  # a function behind functools.lru_cache
            return Branch(f"global {name}", [wrapped], label=lambda _: ".__wrapped__")
        return Leaf("global", [name.encode()], name)
    constructor, arguments, state, items, entries = (*reduced, None, None, None)[:5]
    if constructor is copyreg.__newobj__:  # type: ignore[attr-defined]  # typeshed leaves it out
        made_by, arguments = Branch(f"new {qualified(arguments[0])}", []), arguments[1:]
    else:
        made_by = Branch("call", [constructor])
    shown = reduce or arguments or state or items is not None or entries is not None
    if not shown and not _speaks_for_itself(cls):
        raise Unknown(f"a {qualified(cls)} is made by compiled code and shows nothing of what it holds")
    states, left_out = _states(cls, state)
    children = [
        made_by,
        Branch("arguments", arguments, label=item_label),
        *states,
        *([Branch("items", list(items), label=item_label)] if items is not None else []),
        *([_entries(cls, entries)] if entries is not None else []),
    ]
    return Branch(f"object {qualified(cls)}", children, left_out=left_out)


def _states(cls: type, state: Any) -> tuple[list[Any], tuple[str, ...]]:
    """Return the state by attribute, as `__dict__`, slots, or whatever else `__getstate__` gave."""
    if isinstance(state, dict):
        return _by_attribute(cls, state)
    if (
        isinstance(state, tuple)
        and len(state) == 2
        and isinstance(state[1], dict)
        and isinstance(state[0], dict | None)
    ):
        return _by_attribute(cls, {**(state[0] or {}), **state[1]})
    left_out: tuple[str, ...] = ()
    if type(state) is tuple:
        state, left_out = volatile.lasting_items(cls, state)
    return ([] if state is None else [Branch("state", [state], label=lambda _: ".__getstate__()")]), left_out


def _by_attribute(cls: type, state: dict[Any, Any]) -> tuple[list[Any], tuple[str, ...]]:
    kept, left_out = volatile.lasting(cls, state)
    if not kept:
        return [], left_out
    if not all(type(name) is str for name in kept):
        return [Branch("state", [kept], label=lambda _: ".__getstate__()")], left_out
    pairs = list(itertools.chain.from_iterable(kept.items()))
    return [Branch("attributes", pairs, "mapping", attribute_label(list(kept)))], left_out


def _entries(cls: type, entries: Any) -> Branch:
    pairs = list(entries)
    order: Any = "sequence" if issubclass(cls, collections.OrderedDict) else "mapping"
    children = list(itertools.chain.from_iterable(pairs))
    if order == "sequence":
        return Branch("entries in order", [Branch("entry", pair, label=item_label) for pair in pairs])
    return Branch("entries", children, "mapping", key_label([key for key, _ in pairs]))


def _speaks_for_itself(cls: Any) -> bool:
    """Tell whether an empty state is really empty: the class pickles on its own terms, or is written in Python."""
    if cls.__reduce_ex__ is not object.__reduce_ex__ or cls.__reduce__ is not object.__reduce__:
        return True
    return cls is object or any("__dict__" in vars(base) or "__slots__" in vars(base) for base in cls.__mro__[:-1])


def _module_of(value: Any, cls: type) -> str:
    return str(getattr(value, "__module__", None) or cls.__module__)
