"""The walk of one step over the paths of a tree."""

from __future__ import annotations

from collections.abc import Iterable

from restrike.code.closure.features import ALL, OWN, TEXT, Feature
from restrike.code.closure.imports import Module
from restrike.code.closure.model import Observed
from restrike.code.closure.reach import Found, Paths

_LONGEST_REASON = 200
_UNPARSED = Feature(ALL, "cannot be parsed")


class Reach:
    """What one step reaches: files that are imported, names and statements in them, and modules that count whole."""

    def __init__(self, paths: Paths, sources: frozenset[str]) -> None:
        self._paths = paths
        self._sources = sources  # all Python files of the tree
        self.files: set[str] = set()
        self.names: dict[str, set[str]] = {}
        self.missing: dict[str, set[str]] = {}
        self.statements: dict[str, set[int]] = {}
        self.whole: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self.dynamic: tuple[str, Found] | None = None
        self._named: set[tuple[str, str]] = set()
        self._followed: set[str] = set()
        self._whole_folders: dict[str, str] = {}
        self._reading_text: tuple[str, Found] | None = None
        self._waiting: list[tuple[str, int]] = []
        self._waiting_files: list[str] = []
        self._waiting_whole: list[str] = []

    # Where it starts

    def start(self, dotted: str, chain: str) -> None:
        """Begin at `module:function`."""
        module = self._paths.linked.finder.module(dotted)
        if module is not None:
            self._enter_all(module.files)
        uses = self._paths.linked.uses_of_module(dotted, chain)
        for path, name in uses.names:
            self._name(path, name)
        for path, name in uses.missing:
            self.missing.setdefault(path, set()).add(name)
        for value in uses.modules:
            self.take_whole(value, "is the step itself")
        self._walk()

    def complete(self, observed: Observed) -> None:
        """Take in what an execution was seen to use, and what some feature of the code may lead to."""
        for path in sorted(observed.source & self._sources):
            self.texts[path] = "was read as text"
        for dotted in sorted(observed.handed):
            if (module := self._paths.linked.finder.module(dotted)) is not None:
                self.take_whole(module, "was asked for by name from outside the project")
                self._walk()
        for path in sorted(observed.modules & self._sources):
            if path not in self.files:
                self.take_whole(
                    self._paths.linked.finder.of_file(path), "was imported in a way that reading does not show"
                )
                self._walk()
        self._take_dynamic(sorted(observed.modules & self._sources or self._sources))
        self._walk()

    def _take_dynamic(self, scope: Iterable[str]) -> None:
        while self.dynamic is not None:
            path, found = self.dynamic
            reason = f"may be used by {path}, which {found.says} at line {found.line}"
            for file in scope:
                self.take_whole(self._paths.linked.finder.of_file(file), reason)
            if self._reading_text is not None:
                path, found = self._reading_text
                for file in scope:
                    self.texts.setdefault(file, f"may be read by {path}, which {found.says} at line {found.line}")
            before = self._reading_text
            self._walk()
            if self._reading_text is before:
                return

    # What it takes in

    def take_file(self, path: str, reason: str) -> None:
        """Count a file that was executed whole, without following what it names."""
        self.files.add(path)
        self.whole[path] = reason
        if (found := self._paths.dynamic(path)) is not None and self.dynamic is None:
            self.dynamic = (path, found)

    def take_whole(self, module: Module, reason: str) -> None:
        """Count a module whole, with the modules that it has for attributes."""
        self._enter_all(module.files)
        for folder in module.folders:
            if folder not in self._whole_folders:
                self._whole_folders[folder] = reason
                for file in [file for file in self.files if _package_of(file) == folder]:
                    self.take_whole(self._paths.linked.finder.of_file(file), reason)
        if module.path not in self._followed and module.path in self._sources:
            self._followed.add(module.path)
            self.whole[module.path] = reason
            self._waiting_whole.append(module.path)

    def _take_statements(self, path: str) -> None:
        reason = self.whole[path]
        for index in self._paths.executed(path):
            self._statement(path, index)
        inherited = f"is imported by {path}, which {reason}"
        for module in self._paths.held(path):
            self.take_whole(module, inherited if len(inherited) < _LONGEST_REASON else reason)

    def _enter_all(self, files: Iterable[str]) -> None:
        for file in files:
            if file not in self.files:
                self.files.add(file)
                self._waiting_files.append(file)

    def _enter(self, path: str) -> None:
        facts = self._paths.linked.facts(path)
        if facts.error:
            self.texts[path] = f"cannot be parsed: {facts.error}"
            self._notice(path, Found(_UNPARSED, "cannot be parsed", 1))
        for index in self._paths.importing.acting(path):
            self._statement(path, index)
        self._enter_all(self._paths.importing.loads(path))
        if (folder := _package_of(path)) in self._whole_folders:
            self.take_whole(self._paths.linked.finder.of_file(path), self._whole_folders[folder])
        if (found := self._paths.reflecting(path)) is not None:
            # Not known to matter, as that code is not reached: a precaution against what this analysis overlooks.
            self.whole.setdefault(path, f"{found.says} at line {found.line}")

    def _name(self, path: str, name: str) -> None:
        if (path, name) not in self._named:
            self._named.add((path, name))
            self.names.setdefault(path, set()).add(name)
            self._enter_all(self._paths.linked.finder.of_file(path).files)
            for index in self._paths.linked.bindings(path).get(name, ()):
                self._statement(path, index)

    def _statement(self, path: str, index: int) -> None:
        statements = self.statements.setdefault(path, set())
        if index not in statements:
            statements.add(index)
            self._waiting.append((path, index))

    def _walk(self) -> None:
        while self._waiting or self._waiting_files or self._waiting_whole:
            if self._waiting_files:
                self._enter(self._waiting_files.pop())
                continue
            if self._waiting_whole:
                self._take_statements(self._waiting_whole.pop())
                continue
            path, index = self._waiting.pop()
            edges = self._paths.edges(path, index)
            self._enter_all(edges.files)
            for other, name in sorted(edges.names - self._named):
                self._name(other, name)
            for other, name in edges.missing:
                self.missing.setdefault(other, set()).add(name)
            for module, line in edges.modules:
                self.take_whole(module, f"is used as a value by {path} at line {line}")
            for found in edges.features:
                self._notice(path, found)

    def _notice(self, path: str, found: Found) -> None:
        if found.feature.scope == OWN:
            self.take_whole(self._paths.linked.finder.of_file(path), f"{found.says} at line {found.line}")
        if found.feature.scope in (ALL, TEXT) and self.dynamic is None:
            self.dynamic = (path, found)
        if found.feature.scope == TEXT and self._reading_text is None:
            self._reading_text = (path, found)


def _package_of(path: str) -> str:
    """Return the folder of the package that a file is a module of."""
    folder, _, name = path.rpartition("/")
    return folder.rpartition("/")[0] if name == "__init__.py" else folder
