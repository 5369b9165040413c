"""Which statements do something when their module is imported, now that names are resolved."""

from __future__ import annotations

from collections.abc import Callable

from restrike.code.closure import harmless
from restrike.code.closure.facts import Need, Statement
from restrike.code.closure.linked import MODULE_NAMES, Linked, Uses
from restrike.code.closure.values import NUMBER

_TYPING = {"typing.TYPE_CHECKING", "typing_extensions.TYPE_CHECKING"}


class Judge:
    """Decides about statements of one tree, each once. Whatever rests on itself counts as doing something."""

    def __init__(self, linked: Linked) -> None:
        self._linked = linked
        self._active: dict[tuple[str, int], bool] = {}
        self._bases: dict[tuple[str, str, bool], bool] = {}

    def is_skipped(self, path: str, index: int) -> bool:
        """Tell whether a statement is not executed when its module is imported: for type checkers, or scripts."""
        kind = self._linked.statement(path, index).kind
        if kind == "main":
            return "__name__" not in self._linked.bindings(path)
        if kind != "typing":
            return False
        heads = [self._linked.uses(path, name) for name in ("TYPE_CHECKING", "typing.TYPE_CHECKING", "t.TYPE_CHECKING")]
        return not any(uses.hits for uses in heads) and any(_TYPING & set(uses.outside) for uses in heads)

    def acts(self, path: str, index: int) -> bool:
        """Tell whether a statement may do more than bind names when its module is imported."""
        key = (path, index)
        if key not in self._active:
            self._active[key] = True
            self._active[key] = self._judge(path, index)
        return self._active[key]

    def _judge(self, path: str, index: int) -> bool:
        statement = self._linked.statement(path, index)
        if statement.kind in ("typing", "main"):
            return not self.is_skipped(path, index)
        effects = statement.effects
        if effects.sure or not all(self._is_bound(path, index, statement, chain) for chain in effects.reads):
            return True
        return not all(self._is_met(path, need) for need in effects.needs)

    def _is_bound(self, path: str, index: int, statement: Statement, chain: str) -> bool:
        """Tell whether reading a name is sure to succeed at that place: the module could else not be imported."""
        head, _, rest = chain.partition(".")
        bound = self._linked.bindings(path).get(head, ())
        last = index if statement.kind == "block" else index - 1
        if any(other <= last for other in bound):
            return not rest or not self._linked.uses(path, chain).missing
        for other, star in self._linked.stars(path):
            if other < index and not isinstance(star, str) and self._linked.has(star, head) == "yes":
                return not rest or not self._linked.uses(path, chain).missing
        return head in MODULE_NAMES or any(
            name.startswith("builtins.") for name in self._linked.uses(path, head).outside
        )

    # Needs

    def _is_met(self, path: str, need: Need) -> bool:
        uses = self._linked.uses(path, need.chain)
        match need.kind:
            case "value":
                return self._is_value(uses)
            case "plain":
                return self._is_plain(uses)
            case "sort":
                return self._is_sort(uses, str(need.details[0]))
            case "outside":
                return bool(uses.outside) and _is_outside(uses)
            case "call":
                return self._is_harmless_call(path, uses, need)
            case "decorator":
                return self._is_harmless_decorator(uses, called=bool(need.details[0]))
            case "base":
                return self._is_plain_base(path, need.chain, special=bool(need.details[0]))
            case "metaclass":
                return _is_outside(uses) and set(uses.outside) <= harmless.METACLASSES
        return False

    def _is_value(self, uses: Uses) -> bool:
        """Names may be read; of attributes, those of modules and of plain classes."""
        return not any(name == "__getattr__" for _, name in uses.names) and all(
            not hit.rest or self._is_class(hit.path, hit.name) for hit in uses.hits
        )

    def _is_plain(self, uses: Uses) -> bool:
        return self._is_value(uses) and all(
            self._all(hit.path, hit.name, lambda statement: bool(statement.value) or statement.kind in ("def", "class"))
            for hit in uses.hits
        )

    def _is_sort(self, uses: Uses, sort: str) -> bool:
        if uses.modules or (uses.outside and sort != NUMBER):
            return False
        return all(
            not hit.rest and self._all(hit.path, hit.name, lambda statement: statement.value == sort)
            for hit in uses.hits
        )

    def _all(self, path: str, name: str, wanted: Callable[[Statement], bool]) -> bool:
        indices = self._linked.bindings(path).get(name, ())
        return all(wanted(self._linked.statement(path, index)) and not self.acts(path, index) for index in indices)

    def _is_class(self, path: str, name: str) -> bool:
        return self._all(path, name, lambda statement: statement.kind == "class")

    def _is_harmless_call(self, path: str, uses: Uses, need: Need) -> bool:
        if not uses.outside or not _is_outside(uses):
            return False
        taken, plain = need.details
        if set(uses.outside) <= harmless.KEEPING:
            return all(self._is_met(path, Need(*inner)) for inner in taken)
        if set(uses.outside) <= harmless.COMPUTING:
            return all(self._is_met(path, Need(*inner)) for inner in plain)
        return False

    def _is_harmless_decorator(self, uses: Uses, *, called: bool) -> bool:
        if _is_outside(uses):
            return bool(uses.outside) and set(uses.outside) <= harmless.DECORATORS
        if uses.modules or uses.outside:
            return False
        return all(not hit.rest and self._is_wrapper(hit.path, hit.name, called=called) for hit in uses.hits)

    def _is_wrapper(self, path: str, name: str, *, called: bool) -> bool:
        """Tell whether a decorator of the project only defines and returns functions."""
        indices = self._linked.bindings(path).get(name, ())
        if len(indices) != 1 or self.acts(path, indices[0]):
            return False
        statement = self._linked.statement(path, indices[0])
        if statement.kind != "def" or not statement.shape:
            return False
        chains, deeper = statement.shape
        if called:  # what it returns is called too
            if deeper is None:
                return False
            chains = (*chains, *deeper[0])
        found = [self._linked.uses(path, chain) for chain in chains]
        return all(_is_outside(uses) and set(uses.outside) <= harmless.DECORATORS for uses in found)

    def _is_plain_base(self, path: str, chain: str, *, special: bool) -> bool:
        """Tell whether deriving from a class does nothing but make a class."""
        key = (path, chain, special)
        if key not in self._bases:
            self._bases[key] = False
            uses = self._linked.uses(path, chain)
            self._bases[key] = (
                bool(uses.outside or uses.hits)
                and not uses.modules
                and all(_is_plain_outside(name, special=special) for name in uses.outside)
                and all(not hit.rest and self._is_plain_class(hit.path, hit.name, special) for hit in uses.hits)
            )
        return self._bases[key]

    def _is_plain_class(self, path: str, name: str, special: bool) -> bool:
        indices = self._linked.bindings(path).get(name, ())
        if len(indices) != 1:
            return False
        statement = self._linked.statement(path, indices[0])
        if statement.kind != "class" or not statement.shape or self.acts(path, indices[0]):
            return False
        bases, hooks, own_special, _ = statement.shape
        return not hooks and all(
            self._is_plain_base(path, base, special=special or bool(own_special)) for base in bases
        )


def _is_outside(uses: Uses) -> bool:
    return not uses.hits and not uses.modules and not uses.missing


def _is_plain_outside(name: str, *, special: bool) -> bool:
    return harmless.is_base(name) or (name in harmless.ENUMERATIONS and not special)
