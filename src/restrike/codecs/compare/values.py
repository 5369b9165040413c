"""Two values walked side by side, through the same parts that their content digests are made of."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from restrike.codecs.compare import array_differences, measure
from restrike.codecs.compare.difference import Difference
from restrike.codecs.content.parts import Branch, Leaf, Unknown, item_label, short
from restrike.codecs.content.scalars import SCALARS
from restrike.codecs.content.walk import Walk
from restrike.codecs.errors import HOOK_ERRORS, NoContentDigest

Pair = tuple[Any, Any, str]
_SIZE = re.compile(r" (\d+|\([\d, ]*\))$")


def between(ours: Any, theirs: Any, limit: int) -> list[Difference]:
    """Return where two values differ in content, the first place first, at most `limit` of them."""
    comparison = _Comparison(limit)
    comparison.run(ours, theirs)
    found = comparison.found
    if found and comparison.more:
        last = found[-1]
        found[-1] = replace(last, detail="; ".join(filter(None, [last.detail, f"and {comparison.more:,} more places"])))
    return found


class _Comparison:
    def __init__(self, limit: int):
        self.limit = limit
        self.found: list[Difference] = []
        self.more = 0
        self._ours, self._theirs = Walk(keep=True), Walk(keep=True)
        self._waiting: list[Pair | Difference] = []
        self._met: set[tuple[int, int]] = set()

    def run(self, ours: Any, theirs: Any) -> None:
        self._waiting = [(ours, theirs, "")]
        while self._waiting:
            item = self._waiting.pop()
            if isinstance(item, Difference):
                self._add(item)
            elif not self._same(item[0], item[1]):
                self._visit(*item)

    def _same(self, ours: Any, theirs: Any) -> bool:
        try:
            return self._ours.tokens(ours)[0] == self._theirs.tokens(theirs)[0]
        except NoContentDigest:
            return False

    def _visit(self, ours: Any, theirs: Any, place: str) -> None:
        if type(ours) in SCALARS or type(theirs) in SCALARS:
            self._tell_scalars(ours, theirs, place)
            return
        if (id(ours), id(theirs)) in self._met:
            return  # a cycle, met before
        self._met.add((id(ours), id(theirs)))
        try:
            a, b = self._ours.part(ours), self._theirs.part(theirs)
        except (Unknown, *HOOK_ERRORS):
            return  # neither side has a content to tell; whatever else differs is found elsewhere
        if isinstance(a, Leaf) and isinstance(b, Leaf) and a.kind == b.kind:
            self._tell_leaves(a, b, place)
        elif isinstance(a, Branch) and isinstance(b, Branch) and _family(a) == _family(b):
            self._enter(a, b, place)
        else:
            self._tell(place, ours, theirs, _kinds(a, b))

    def _enter(self, ours: Branch, theirs: Branch, place: str) -> None:
        """Queue the children that both have, and tell what only one has."""
        a, b = list(ours.children), list(theirs.children)
        if ours.order == "mapping":
            pairs = self._by_key(ours, a, theirs, b, place)
        elif ours.order == "set":
            self._tell_sets(a, b, place)
            return
        else:
            label = ours.label or (lambda _: "")
            pairs = [(x, y, place + label(i)) for i, (x, y) in enumerate(zip(a, b, strict=False))]
            if len(a) != len(b):
                self._waiting.append(Difference(f"len({place or 'value'})", f"{len(a):,}", f"{len(b):,}"))
        numbers = [(x, y) for x, y, _ in pairs if type(x) is float and type(y) is float]
        if len(numbers) == len(pairs) > 1:
            self._tell_numbers(pairs)
        else:
            self._waiting.extend(reversed(pairs))

    def _by_key(self, ours: Branch, a: list[Any], theirs: Branch, b: list[Any], place: str) -> list[Pair]:
        label = ours.label or (lambda _: "")
        other = {_token(self._theirs, key): index for index, key in enumerate(b[::2])}
        pairs: list[Pair] = []
        for index, key in enumerate(a[::2]):
            match = other.pop(_token(self._ours, key), None)
            if match is None:
                self._add(Difference(place + label(index), short(a[2 * index + 1]), "(not there)"))
            else:
                pairs.append((a[2 * index + 1], b[2 * match + 1], place + label(index)))
        for index in other.values():
            name = theirs.label(index) if theirs.label else ""
            self._add(Difference(place + name, "(not there)", short(b[2 * index + 1])))
        return pairs

    def _tell_sets(self, ours: list[Any], theirs: list[Any], place: str) -> None:
        a = {_token(self._ours, item): item for item in ours}
        b = {_token(self._theirs, item): item for item in theirs}
        only_ours = [a[token] for token in sorted(a.keys() - b.keys())]
        only_theirs = [b[token] for token in sorted(b.keys() - a.keys())]
        detail = f"{len(only_ours):,} elements only in ours, {len(only_theirs):,} only in theirs"
        first = [short(items[0]) if items else "(no other)" for items in (only_ours, only_theirs)]
        self._add(Difference(f"elements of {place or 'value'}", first[0], first[1], detail))

    def _tell_numbers(self, pairs: list[Pair]) -> None:
        """Tell a list of floats as one place: its first differing element, and by how much the others differ."""
        differing = [pair for pair in pairs if SCALARS[float](pair[0]) != SCALARS[float](pair[1])]
        if differing:
            ours, theirs, place = differing[0]
            detail = measure.told(len(differing), len(pairs), ((x, y) for x, y, _ in differing))
            self._add(Difference(place, short(ours), short(theirs), detail))

    def _tell_leaves(self, ours: Leaf, theirs: Leaf, place: str) -> None:
        if type(ours.shown).__module__ == "numpy" and hasattr(ours.shown, "dtype"):
            self._add(array_differences.between(ours.shown, theirs.shown, place))
        elif type(ours.shown) is str:
            self._add(Difference(place, *_texts(ours.shown, theirs.shown)))
        elif ours.kind == "texts":
            self._enter(Branch("", ours.shown(), label=item_label), Branch("", theirs.shown()), place)
        else:
            self._tell(place, ours.shown, theirs.shown, "")

    def _tell_scalars(self, ours: Any, theirs: Any, place: str) -> None:
        if type(ours) is not type(theirs):
            self._tell(place, ours, theirs, f"{type(ours).__name__} and {type(theirs).__name__}")
        elif type(ours) is str:
            self._add(Difference(place, *_texts(ours, theirs)))
        else:
            self._tell(place, ours, theirs, measure.told(1, 1, [(ours, theirs)]))

    def _tell(self, place: str, ours: Any, theirs: Any, detail: str) -> None:
        self._add(Difference(place, _shown(ours), _shown(theirs), detail))

    def _add(self, difference: Difference) -> None:
        if len(self.found) < self.limit:
            self.found.append(difference if difference.where else replace(difference, where="whole value"))
        else:
            self.more += 1


def _token(walk: Walk, key: Any) -> bytes:
    try:
        return walk.tokens(key)[0]
    except NoContentDigest:
        return short(key).encode("utf-8", "surrogatepass")


def _family(branch: Branch) -> str:
    """Return a branch's kind without the sizes that end it: lists of other lengths are still compared."""
    return _SIZE.sub("", branch.kind)


def _kinds(ours: Branch | Leaf, theirs: Branch | Leaf) -> str:
    return "" if ours.kind == theirs.kind else f"{ours.kind} and {theirs.kind}"


def _shown(value: Any) -> str:
    if isinstance(value, Leaf) and value.shown is not None:
        return short(value.shown)
    return value.kind if isinstance(value, (Branch, Leaf)) else short(value)


def _texts(ours: str, theirs: str) -> tuple[str, str, str]:
    """Return two texts from shortly before they part, and where that is."""
    if len(ours) <= 60 and len(theirs) <= 60:
        return repr(ours), repr(theirs), ""
    start = next((i for i, (x, y) in enumerate(zip(ours, theirs, strict=False)) if x != y), min(len(ours), len(theirs)))
    begin = max(0, start - 20)
    return short(ours[begin : begin + 50]), short(theirs[begin : begin + 50]), f"they part at character {start:,}"
