"""Python's scopes, as far as it takes to tell which names of a statement are global.

Names are put down as they are met and judged when their scope ends, since a name is local to a function wherever in
it it is bound. A name that a nested scope does not bind is passed on to the one around it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

MODULE, FUNCTION, CLASS, COMPREHENSION = "module", "function", "class", "comprehension"


class Origin(NamedTuple):
    """What an import binds a local name to."""

    module: str
    level: int
    path: str


class Met(NamedTuple):
    chain: str
    line: int
    literal: str | None


class Scope:
    """One scope; `uses_import` is told what is read of a module or name that the scope imports for itself."""

    def __init__(self, kind: str, parent: Scope | None, uses_import: Callable[[Origin, str, Met], None]) -> None:
        self.kind = kind
        self.parent = parent
        self.bound: dict[str, list[Origin]] = {}
        self.met: list[Met] = []
        self.declared_global: set[str] = set()
        self.declared_nonlocal: set[str] = set()
        self._uses_import = uses_import

    def bind(self, name: str, origin: Origin | None = None) -> None:
        origins = self.bound.setdefault(name, [])
        if origin is not None:
            origins.append(origin)

    def bind_walrus(self, name: str) -> None:
        """Bind a name where `:=` binds it: not in the comprehension around it."""
        scope = self
        while scope.kind == COMPREHENSION and scope.parent is not None:
            scope = scope.parent
        scope.bind(name)

    def end(self) -> None:
        """Pass on to the scopes around what this one does not bind."""
        parent = self.parent
        assert parent is not None
        module = self._module()
        for name in self.declared_global & self.bound.keys():
            # Whoever reads this global name depends on the function that binds it.
            module.bound.setdefault(name, []).extend(self.bound[name])
            module.met.append(Met(name, 0, None))
        outside = self.declared_global | self.declared_nonlocal
        around = parent
        if self.kind != CLASS:
            while around.kind == CLASS and around.parent is not None:
                around = around.parent
        for met in self.met:
            head, _, rest = met.chain.partition(".")
            if head in self.declared_global:
                module.met.append(met)
            elif head not in self.bound or head in outside:
                around.met.append(met)
            else:
                for origin in self.bound[head]:
                    self._uses_import(origin, rest, met)
                if self.kind == CLASS:  # a class reads a global name until it has bound its own
                    around.met.append(met)
        if self.kind == CLASS:
            self._keep_imports_of_class()

    def _keep_imports_of_class(self) -> None:
        """An imported module becomes an attribute, and is from then on read in ways that cannot be followed."""
        for origins in self.bound.values():
            for origin in origins:
                self._uses_import(origin, "", Met("", 0, None))

    def _module(self) -> Scope:
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope
