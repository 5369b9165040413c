"""Names across files: what a dotted name in one file leads to, in the whole tree."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator
from typing import NamedTuple

from restrike.code.closure.facts import Facts, Import, Statement
from restrike.code.closure.imports import Finder, Module

# Every module has these without binding them.
MODULE_NAMES = frozenset(
    {"__file__", "__name__", "__package__", "__debug__", "__cached__", "__qualname__", "__module__"}
)
# These give all names of a module at once.
_ALL_NAMES = frozenset({"__dict__", "__annotations__"})
_BUILTIN = frozenset(dir(builtins)) - MODULE_NAMES - {"__doc__", "__loader__", "__spec__"}


class Hit(NamedTuple):
    """A name that is bound otherwise than by an import; `rest` are the attributes read of it."""

    path: str
    name: str
    rest: str


class Uses(NamedTuple):
    """Where a dotted name leads: all names passed on the way, and what it ends at.

    `modules` are modules of the tree themselves, not something in them; `outside` dotted names of other people's code;
    `missing` names that a module of the tree does not have; `stars` which names came by way of `import *`, and whence.
    """

    names: tuple[tuple[str, str], ...]
    hits: tuple[Hit, ...]
    modules: tuple[Module, ...]
    outside: tuple[str, ...]
    missing: tuple[tuple[str, str], ...]
    stars: tuple[str, ...] = ()


class _Trail:
    def __init__(self, reader: str) -> None:
        self.reader = reader
        self.names: dict[tuple[str, str], None] = {}
        self.hits: dict[Hit, None] = {}
        self.missing: dict[tuple[str, str], None] = {}
        self.stars: dict[str, None] = {}
        self.seen: set[tuple[str, str]] = set()


_Target = Module | str | None  # in the tree; outside it; a name whose value is what it is


class Linked:
    """A tree whose files are parsed when first asked for, and whose names are looked up once."""

    def __init__(self, finder: Finder, facts: Callable[[str], Facts]) -> None:
        self.finder = finder
        self.facts = facts
        self._bindings: dict[str, dict[str, tuple[int, ...]]] = {}
        self._stars: dict[str, tuple[tuple[int, Module | str], ...]] = {}
        self._uses: dict[tuple[str, str], Uses] = {}
        self._has: dict[tuple[str, str], str] = {}
        self._leads: dict[str, frozenset[str]] = {}
        self._reachable: dict[str, frozenset[str]] = {}

    def statement(self, path: str, index: int) -> Statement:
        return self.facts(path).statements[index]

    def bindings(self, path: str) -> dict[str, tuple[int, ...]]:
        """Return the names that a file binds, with the indices of the statements that do."""
        if path not in self._bindings:
            found: dict[str, tuple[int, ...]] = {}
            for index, statement in enumerate(self.facts(path).statements):
                if statement.kind != "typing":
                    for name in statement.names:
                        found[name] = (*found.get(name, ()), index)
            self._bindings[path] = found
        return self._bindings[path]

    def stars(self, path: str) -> tuple[tuple[int, Module | str], ...]:
        """Return what a file imports all names from, with the indices of the statements."""
        if path not in self._stars:
            self._stars[path] = tuple(
                (index, self.module_of(path, item)) for index, item in self.facts(path).imports() if "*" in item.names
            )
        return self._stars[path]

    def star_places(self, path: str, name: str) -> tuple[int, ...]:
        """Return the statements of a file by which a name may come from `import *`."""
        stars = self.stars(path)
        return tuple(index for index, star in stars if isinstance(star, str) or self.has(star, name) != "no")

    def module_of(self, path: str, item: Import) -> Module | str:
        """Return the module that an import names: one of the tree, or a dotted name outside it."""
        if item.level:
            return self.finder.relative(path, item.level, item.module) or "." * item.level + item.module
        return self.finder.module(item.module) or item.module

    def uses(self, path: str, chain: str) -> Uses:
        """Follow a dotted name that is read in a file."""
        if (known := self._uses.get((path, chain))) is None:
            trail = _Trail(path)
            head, _, rest = chain.partition(".")
            known = self._uses[path, chain] = self._follow(self._lookup(path, head, rest, trail), rest, trail)
        return known

    def uses_of_import(self, path: str, module: str, level: int, chain: str) -> Uses:
        """Follow what is read of a module that a function imports for itself."""
        key = (path, f"{'.' * level}{module} {chain}")
        if (known := self._uses.get(key)) is None:
            trail = _Trail(path)
            start: list[_Target] = [self.module_of(path, Import(module, level, (), (), True, 0))]
            known = self._uses[key] = self._follow(start, chain, trail)
        return known

    def uses_of_module(self, dotted: str, chain: str) -> Uses:
        """Follow a chain of attributes of the module of that name."""
        start: list[_Target] = [self.finder.module(dotted) or dotted]
        return self._follow(start, chain, _Trail(""))

    def submodules(self, module: Module, item: Import) -> Iterator[Module]:
        """Yield the modules that a `from` import loads beside the package itself."""
        if not module.folders:
            return
        names = item.names
        if "*" in names:
            exported = self._exported(module.path)
            names = self._direct(module) if exported is None else exported
        for name in names:
            if (found := self.finder.submodule(module, name)) is not None:
                yield found

    def has(self, module: Module, name: str) -> str:
        """Tell whether a module of the tree has that attribute: `yes`, `no` or `perhaps`."""
        if self.finder.submodule(module, name) is not None:
            return "yes"
        if not module.path.endswith(".py"):
            return "perhaps" if module.path else "no"
        key = (module.path, name)
        if key not in self._has:
            self._has[key] = "perhaps"  # to a circle of star imports
            self._has[key] = self._has_bound(module.path, name)
        return self._has[key]

    def _has_bound(self, path: str, name: str) -> str:
        bound = self.bindings(path)
        if name in bound or name in MODULE_NAMES:
            return "yes"
        for _, star in self.stars(path):
            if isinstance(star, str) or (star.path != path and self.has(star, name) != "no"):
                return "perhaps"
        return "perhaps" if "__getattr__" in bound or self.facts(path).error else "no"

    # Following

    def _follow(self, targets: list[_Target], rest: str, trail: _Trail) -> Uses:
        parts = rest.split(".") if rest else []
        for index, part in enumerate(parts):
            after = ".".join(parts[index + 1 :])
            trail.seen = set()  # a name may lead back to itself, but not within one step
            targets = [found for target in targets for found in self._attribute(target, part, after, trail)]
        modules = [target for target in targets if isinstance(target, Module)]
        outside = [target for target in targets if isinstance(target, str)]
        return Uses(
            tuple(trail.names),
            tuple(trail.hits),
            tuple(dict.fromkeys(modules)),
            tuple(dict.fromkeys(outside)),
            tuple(trail.missing),
            tuple(trail.stars),
        )

    def _lookup(self, path: str, name: str, rest: str, trail: _Trail) -> list[_Target]:
        """Return all that a global name of a file may stand for: every binding, not the last one."""
        if (path, name) in trail.seen:
            return []
        trail.seen.add((path, name))
        bound = self.bindings(path).get(name, ())
        found = [target for index in bound for target in self._bound(path, index, name, rest, trail)]
        for _, star in self.stars(path):
            if isinstance(star, str):
                if not bound:
                    found.append(f"{star}.{name}")
            elif self.has(star, name) != "no":
                trail.stars[f"{name} of {path} by * of {star.path or star.folders}"] = None
                if star.path.endswith(".py") and "__all__" in self.bindings(star.path):
                    trail.names[star.path, "__all__"] = None
                found += self._attribute(star, name, rest, trail)
        if not bound and name in _BUILTIN:
            found.append(f"builtins.{name}")
        return found

    def _bound(self, path: str, index: int, name: str, rest: str, trail: _Trail) -> Iterator[_Target]:
        trail.names[path, name] = None
        statement = self.statement(path, index)
        for item in statement.imports:
            for bound, origin in item.bound:
                if bound == name:
                    yield from self._import(path, item, origin, rest, trail)
        if statement.kind != "import":
            trail.hits[Hit(path, name, rest)] = None
            yield None

    def _import(self, path: str, item: Import, origin: str, rest: str, trail: _Trail) -> list[_Target]:
        if not item.names:
            first, *others = origin.split(".")
            targets: list[_Target] = [self.finder.module(first) or first]
            for name in others:  # `import a.b as c` takes what `a` has by the name of `b`
                targets = [found for target in targets for found in self._attribute(target, name, rest, trail)]
            return targets
        return self._attribute(self.module_of(path, item), origin, rest, trail)

    def _attribute(self, target: _Target, name: str, rest: str, trail: _Trail) -> list[_Target]:
        if target is None:
            return [None]
        if isinstance(target, str):
            return [f"{target}.{name}"]
        submodule = self.finder.submodule(target, name)
        if not target.path.endswith(".py"):
            if submodule is None and not target.path:
                trail.missing[target.folders[0], name] = None
            return [submodule]
        if name in _ALL_NAMES:
            return [target]
        found: list[_Target] = []
        if submodule is not None and name not in self.bindings(target.path):
            self._ask(target, trail)  # asked before the submodule is looked for
        if name in self.bindings(target.path) or self.stars(target.path):
            found = self._lookup(target.path, name, rest, trail)
            found = [item for item in found if item != f"builtins.{name}"]
        if submodule is not None and not self._is_hidden(target, name, submodule, trail.reader):
            found.append(submodule)
        if not found and (target.path, name) not in trail.names:
            self._not_found(target, name, trail)
            found = [None]
        return found

    def _not_found(self, target: Module, name: str, trail: _Trail) -> None:
        if not self._ask(target, trail) and name not in MODULE_NAMES:
            trail.missing[target.path, name] = None

    def _ask(self, target: Module, trail: _Trail) -> bool:
        """Put down that a module's own `__getattr__` is asked, if it has one."""
        if "__getattr__" in self.bindings(target.path):
            trail.names[target.path, "__getattr__"] = None
            return True
        return False

    def _is_hidden(self, package: Module, name: str, submodule: Module, reader: str) -> bool:
        """Tell whether a package's name surely means what `from .name import name` bound it to, not the module.

        Loading a module makes it an attribute of its package once; the import statement binds the name after that. Only
        what is executed while the package is still being imported can see the module there.
        """
        facts = self.facts(package.path)
        rebound = any(
            item.names
            and self.module_of(package.path, item) == submodule
            and any(bound == name for bound, _ in item.bound)
            for index, item in facts.imports()
            if not item.inner and facts.statements[index].kind == "import"
        )
        return rebound and bool(reader) and reader not in self.reachable(package.path)

    # Import statements alone

    def reachable(self, path: str) -> frozenset[str]:
        """Return the files that importing a file may lead to, whatever is called."""
        if path not in self._reachable:
            seen, waiting = {path}, [path]
            while waiting:
                new = self._leads_to(waiting.pop()) - seen
                seen |= new
                waiting += new
            self._reachable[path] = frozenset(seen)
        return self._reachable[path]

    def _leads_to(self, path: str) -> frozenset[str]:
        if path not in self._leads:
            files: set[str] = set()
            for _, item in self.facts(path).imports():
                module = self.module_of(path, item)
                if isinstance(module, Module):
                    files.update(module.files)
                    for submodule in self.submodules(module, item):
                        files.update(submodule.files)
            self._leads[path] = frozenset(files)
        return self._leads[path]

    def _exported(self, path: str) -> tuple[str, ...] | None:
        """Return what a package exports by `__all__`; None if that is put together when it is imported."""
        if not path.endswith(".py"):
            return ()
        bound = self.bindings(path).get("__all__", ())
        return self.facts(path).exported if bound and (len(bound) == 1) else (None if bound else ())

    def _direct(self, module: Module) -> tuple[str, ...]:
        return self.finder.names_in(module.folders)
