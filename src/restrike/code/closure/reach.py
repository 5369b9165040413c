"""From a step to all that it can reach: one walk over names, statements and modules, widened where reading fails."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from restrike.code.closure import features
from restrike.code.closure.facts import Import, Statement
from restrike.code.closure.features import Feature
from restrike.code.closure.importing import Importing
from restrike.code.closure.imports import Module
from restrike.code.closure.judge import Judge
from restrike.code.closure.linked import Linked, Uses


class Found(NamedTuple):
    feature: Feature
    says: str
    line: int


class Edges(NamedTuple):
    """What executing a statement, or what it defines, leads to."""

    names: frozenset[tuple[str, str]]
    modules: tuple[tuple[Module, int], ...]
    files: tuple[str, ...]
    missing: tuple[tuple[str, str], ...]
    features: tuple[Found, ...]
    imports: tuple[str, ...]


class Paths:
    """The ways out of each statement of one tree, worked out when first asked for."""

    def __init__(self, linked: Linked, judge: Judge, importing: Importing) -> None:
        self.linked = linked
        self.judge = judge
        self.importing = importing
        self._edges: dict[tuple[str, int], Edges] = {}
        self._executed: dict[str, tuple[int, ...]] = {}
        self._held: dict[str, tuple[Module, ...]] = {}
        self._reflecting: dict[str, Found | None] = {}

    def edges(self, path: str, index: int) -> Edges:
        key = (path, index)
        if key not in self._edges:
            self._edges[key] = self._work_out(path, self.linked.statement(path, index))
        return self._edges[key]

    def reflecting(self, path: str) -> Found | None:
        """Return a feature by which a module may look at itself, wherever in it: it is then not taken apart."""
        if path not in self._reflecting:
            statements = self.linked.facts(path).statements
            hidden = any(_hides(item) for _, item in self.linked.facts(path).imports())
            self._reflecting[path] = next(
                (
                    found
                    for index, statement in enumerate(statements)
                    if (hidden or _may_reflect(statement)) and not self.judge.is_skipped(path, index)
                    for found in self.edges(path, index).features
                    if found.feature.reflects
                ),
                None,
            )
        return self._reflecting[path]

    def executed(self, path: str) -> tuple[int, ...]:
        """Return the statements of a module without those for type checkers alone."""
        if path not in self._executed:
            statements = enumerate(self.linked.facts(path).statements)
            self._executed[path] = tuple(
                index for index, item in statements if item.kind != "typing" or not self.judge.is_skipped(path, index)
            )
        return self._executed[path]

    def held(self, path: str) -> tuple[Module, ...]:
        """Return the modules that a module has for attributes, or that a function of it imports for itself."""
        if path not in self._held:
            modules: dict[Module, None] = {}
            for _, item in self.linked.facts(path).imports():
                for _, origin in item.bound:
                    if item.names:
                        uses = self.linked.uses_of_import(path, item.module, item.level, origin)
                        modules.update(dict.fromkeys(uses.modules))
                    elif (module := self.linked.finder.module(origin)) is not None:
                        modules[module] = None
            self._held[path] = tuple(modules)
        return self._held[path]

    def dynamic(self, path: str) -> Found | None:
        """Return a feature of a module by which any other module may be found."""
        count = range(len(self.linked.facts(path).statements))
        every = (found for index in count for found in self.edges(path, index).features)
        return next((found for found in every if found.feature.scope != features.OWN), None)

    def _work_out(self, path: str, statement: Statement) -> Edges:
        names: dict[tuple[str, str], None] = {}
        modules: dict[Module, int] = {}
        missing: dict[tuple[str, str], None] = {}
        found: dict[Found, None] = {}
        imports: list[str] = []

        def take(uses: Uses, line: int, literal: str | None = None) -> None:
            names.update(dict.fromkeys(uses.names))
            missing.update(dict.fromkeys(uses.missing))
            imports.extend(uses.stars)
            for module in uses.modules:
                modules.setdefault(module, line)
            for outside in uses.outside:
                if literal is not None and not literal.startswith(".") and _imports_by_name(outside):
                    named = self.linked.finder.module(literal)
                    imports.append(f"{literal} at {named.path or named.folders if named else None}")
                    if named is not None:
                        modules.setdefault(named, line)
                elif (feature := features.of_name(outside)) is not None:
                    found[Found(feature, feature.says.format(_shown(outside)), line)] = None

        for reference in statement.references:
            take(self.linked.uses(path, reference.chain), reference.line, reference.literal)
            self._by_own_name(path, reference.chain, names)
        for local in statement.locals:
            uses = self.linked.uses_of_import(path, local.module, local.level, local.chain)
            take(uses, local.line, local.literal)
        for text, line in statement.strings:
            for uses in self._spelled(text):
                names.update(dict.fromkeys(uses.names))
                for module in uses.modules:
                    modules.setdefault(module, line)
        for mark, line in statement.marks:
            feature = features.BY_ATTRIBUTE[mark]
            found[Found(feature, feature.says.format(mark), line)] = None
        files: dict[str, None] = {}
        for item in statement.imports:
            files.update(dict.fromkeys(self.importing.files_of(path, item)))
            if item.inner or statement.kind != "import":
                imports.append(self.importing.resolved(path, item))
        return Edges(
            frozenset(names), tuple(modules.items()), tuple(files), tuple(missing), tuple(found), tuple(imports)
        )

    def _by_own_name(self, path: str, chain: str, names: dict[tuple[str, str], None]) -> None:
        if chain == "__doc__" and "__doc__" in self.linked.bindings(path):
            names[path, "__doc__"] = None

    def _spelled(self, text: str) -> Iterable[Uses]:
        """Follow a text that spells something of the project: `proj.plug:Model`, `scripts/score.py`."""
        if text.endswith(".py"):
            for path in self.linked.finder.ending_with(text):
                yield Uses((), (), (self.linked.finder.of_file(path),), (), ())
            return
        parts = text.replace(":", ".").split(".")
        for count in range(len(parts), 0, -1):
            dotted = ".".join(parts[:count])
            module = self.linked.finder.module(dotted)
            if module is not None and module.path:
                yield self.linked.uses_of_module(dotted, ".".join(parts[count:]))
                return


def _imports_by_name(outside: str) -> bool:
    return outside in ("importlib.import_module", "builtins.__import__")


def _shown(outside: str) -> str:
    return outside.removeprefix("builtins.") + ("()" if outside.startswith("builtins.") else "")


def _may_reflect(statement: Statement) -> bool:
    chains = (*(item.chain for item in statement.references), *(item.chain for item in statement.locals))
    return bool(statement.marks) or any(
        chain in features.HELD or not features.WORDS.isdisjoint(chain.split(".")) for chain in chains
    )


def _hides(item: Import) -> bool:
    """Tell whether an import may bind something suspicious to another name."""
    return any(features.of_name(f"{item.module}.{name}") for name in item.names) or bool(
        features.BY_NAME.get(item.module)
    )
