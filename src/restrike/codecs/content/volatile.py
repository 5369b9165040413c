"""Fields that vary from one execution to the next without being part of what was computed.

Always tied to a class, never to a bare attribute name, and only what was seen to vary: a fit time is harmless in a grid
search and may be the very result elsewhere. The list is part of the digest's version.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any

from restrike.codecs.content.parts import lineage

HOOK = "__restrike_volatile__"  # a class attribute: names of attributes to leave out

WHOLE: dict[tuple[str, str], tuple[str, ...]] = {
    ("sklearn", "BaseSearchCV"): ("refit_time_",),
    ("sklearn", "_VectorizerMixin"): ("_stop_words_id",),  # the memory address of the stop word list
    ("sklearn", "Bunch"): ("_deprecated_key_to_warnings",),  # lost by pickling
}
# Entries of a dictionary that is an attribute: (class, attribute) -> pattern of the keys to leave out.
ENTRIES: dict[tuple[str, str], dict[str, re.Pattern[str]]] = {
    ("sklearn", "BaseSearchCV"): {"cv_results_": re.compile(r"(mean|std)_(fit|score)_time")},
}
# Places in a state that is a tuple: how many nodes look-ups have passed so far.
_COUNTERS = {7: "n_trims", 8: "n_leaves", 9: "n_splits", 10: "n_calls"}
PLACES: dict[tuple[str, str], dict[int, str]] = {
    ("sklearn", "BinaryTree64"): _COUNTERS,
    ("sklearn", "BinaryTree32"): _COUNTERS,
}
# Added by scikit-learn while it pickles and taken off while it loads: never an attribute of the object.
PICKLED_ONLY = "_sklearn_version"


@functools.lru_cache(maxsize=1024)
def names(cls: type) -> frozenset[str]:
    """Return the attributes of a class's instances that are left out."""
    known = lineage(cls)
    found = {name for owner, listed in WHOLE.items() if owner in known for name in listed}
    for base in cls.__mro__:
        found.update(vars(base).get(HOOK, ()))
    return frozenset(found)


@functools.lru_cache(maxsize=1024)
def entries(cls: type) -> Mapping[str, re.Pattern[str]]:
    """Return, by attribute, the keys of its dictionary that are left out."""
    known = lineage(cls)
    return {name: pattern for owner, listed in ENTRIES.items() if owner in known for name, pattern in listed.items()}


@functools.lru_cache(maxsize=1024)
def places(cls: type) -> Mapping[int, str]:
    """Return, by place in a class's state, the names of what is left out."""
    known = lineage(cls)
    return {place: name for owner, listed in PLACES.items() if owner in known for place, name in listed.items()}


def lasting_items(cls: type, state: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """Return a state that is a tuple without what is volatile, and the names of what was left out."""
    drop = places(cls)
    kept = tuple(None if place in drop else item for place, item in enumerate(state)) if drop else state
    return kept, tuple(f"{cls.__name__}.{name}" for place, name in drop.items() if place < len(state))


def lasting(cls: type, state: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the state of an object without what is volatile, and the names of what was left out."""
    drop, partial = names(cls), entries(cls)
    if not (drop or partial or PICKLED_ONLY in state):
        return state, ()
    kept = {name: value for name, value in state.items() if name not in drop}
    if any(base.__module__.startswith("sklearn.") for base in cls.__mro__):
        kept.pop(PICKLED_ONLY, None)
    left_out = [f"{cls.__name__}.{name}" for name in state if name in drop]
    for name, pattern in partial.items():
        if isinstance(table := kept.get(name), dict):
            timed = [key for key in table if isinstance(key, str) and pattern.fullmatch(key)]
            left_out += [f"{cls.__name__}.{name}[{key!r}]" for key in timed]
            kept[name] = {key: value for key, value in table.items() if key not in timed}
    return kept, tuple(left_out)
