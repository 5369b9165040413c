"""`sklearn/pickle@1` and `pickle@1`: pickle protocol 5, the marked last resort. Loading one executes code.

Memory addresses that a class is known to keep in its state are dropped on the way out, from the bytes alone: the user's
object is not touched.
"""

from __future__ import annotations

import io
import pickle
import types
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from restrike.codecs.content import anatomy
from restrike.codecs.content.parts import Branch, Unknown, lineage
from restrike.codecs.errors import HOOK_ERRORS, CannotLoad, CannotStore, message_of

PROTOCOL = 5
# Fields whose value means nothing outside the process that wrote them.
ADDRESSES: dict[tuple[str, str], tuple[str, ...]] = {("sklearn", "_VectorizerMixin"): ("_stop_words_id",)}
_FAILURES = (*HOOK_ERRORS, RecursionError, MemoryError)


class _Pickler(pickle.Pickler):
    def __init__(self, stream: BinaryIO):
        super().__init__(stream, PROTOCOL)
        self._dropped: dict[type, tuple[str, ...]] = {}

    def reducer_override(self, value: Any) -> Any:
        cls = type(value)
        names = self._dropped.get(cls)
        if names is None:
            known = lineage(cls)
            names = tuple(name for owner, listed in ADDRESSES.items() if owner in known for name in listed)
            self._dropped[cls] = names
        if not names:
            return NotImplemented
        reduced = value.__reduce_ex__(PROTOCOL)
        if not isinstance(reduced, tuple) or len(reduced) < 3 or not isinstance(reduced[2], dict):
            return NotImplemented
        state = {name: item for name, item in reduced[2].items() if name not in names}
        return (*reduced[:2], state, *reduced[3:])


def is_estimator(value: Any) -> bool:
    return ("sklearn", "BaseEstimator") in lineage(type(value))


def write(value: Any, path: Path, output: str) -> None:
    """Pickle a value into a file. Raise CannotStore, naming the part that cannot be pickled."""
    try:
        with open(path, "wb") as stream:
            _Pickler(stream).dump(value)
    except _FAILURES as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise _explained(value, output, error) from error


def read(path: Path) -> Any:
    """Return the pickled value. Raise CannotLoad where its classes are not to be had or refuse it."""
    with open(path, "rb") as stream:
        try:
            return pickle.load(stream)
        except (*HOOK_ERRORS, EOFError) as error:
            told = f"{type(error).__name__}: {message_of(error)}"
            raise CannotLoad(f"'{path.name}' cannot be unpickled: {told}") from error


def _explained(value: Any, output: str, error: BaseException) -> CannotStore:
    place, culprit = _culprit(value)
    told = f"{type(error).__name__}: {message_of(error)}"
    reason = "it is nested too deeply" if isinstance(error, RecursionError) else told
    subject = f"'{output}{place}' (a {type(culprit).__qualname__})" if place else f"a {type(culprit).__qualname__}"
    hint = "define functions and classes at the top level of a module, and return data rather than open resources"
    if isinstance(culprit, types.GeneratorType):
        hint = "return list(...) instead: a generator's values are not there until somebody asks for them"
    return CannotStore(f"output '{output}' cannot be stored: {subject} cannot be pickled: {reason}", hint=hint)


def _culprit(value: Any) -> tuple[str, Any]:
    """Return the place and value of the innermost part that cannot be pickled."""
    place, seen = "", {id(value)}
    while True:
        for label, part in _parts(value):
            if id(part) not in seen and not _pickles(part):
                seen.add(id(part))
                place, value = place + label, part
                break
        else:
            return place, value


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the real values that a value consists of, with their places; the levels in between are passed over."""
    if isinstance(value, types.FunctionType | types.CodeType):
        return
    try:
        branch = anatomy.part_of(value)
    except (Unknown, *HOOK_ERRORS):
        return
    if isinstance(branch, Branch):
        children: Iterable[Any] = branch.children
        if branch.order == "mapping":
            children = list(children)[1::2]
        for index, child in enumerate(children):
            label = branch.label(index) if branch.label else ""
            if isinstance(child, Branch):
                yield from ((label + inner, part) for inner, part in _parts(child))
            else:
                yield label, child


def _pickles(value: Any) -> bool:
    try:
        _Pickler(io.BytesIO()).dump(value)
    except _FAILURES:
        return False
    return True
