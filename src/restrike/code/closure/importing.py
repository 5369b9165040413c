"""What happens when a module is imported: which files are executed, and what of that matters beyond binding names."""

from __future__ import annotations

from typing import NamedTuple

from restrike.code.closure import harmless
from restrike.code.closure.facts import Import
from restrike.code.closure.judge import Judge
from restrike.code.closure.linked import Linked


class Entry(NamedTuple):
    """Something about a module's imports that its users may notice, `at` the index of the statement.

    With a `name`, only those notice who read that name.
    """

    at: int
    name: str
    text: str
    loads: bool = False  # a module of the tree that does more than bind names when it is imported


class Importing:
    """Answers for the modules of one tree, each worked out once."""

    def __init__(self, linked: Linked, judge: Judge) -> None:
        self._linked = linked
        self._judge = judge
        self._loads: dict[str, tuple[str, ...]] = {}
        self._inert: dict[str, bool] = {}
        self._entries: dict[str, tuple[Entry, ...]] = {}
        self._acting: dict[str, tuple[int, ...]] = {}

    def acting(self, path: str) -> tuple[int, ...]:
        """Return the statements that do more than bind names when the module is imported."""
        if path not in self._acting:
            count = range(len(self._linked.facts(path).statements))
            self._acting[path] = tuple(index for index in count if self._judge.acts(path, index))
        return self._acting[path]

    def loads(self, path: str) -> tuple[str, ...]:
        """Return the files that importing a module executes, in order, without what those execute in turn."""
        if path not in self._loads:
            files: dict[str, None] = {}
            for _, item in self._at_import(path):
                files.update(dict.fromkeys(self.files_of(path, item)))
            self._loads[path] = tuple(files)
        return self._loads[path]

    def files_of(self, path: str, item: Import) -> tuple[str, ...]:
        """Return the files that an import statement executes, parents first, up to where it fails if it does."""
        module = self._linked.module_of(path, item)
        if isinstance(module, str):
            return self._found_part(module)
        files = dict.fromkeys(module.files)
        for submodule in self._linked.submodules(module, item):
            files.update(dict.fromkeys(submodule.files))
        return tuple(files)

    def resolved(self, path: str, item: Import) -> str:
        """Describe where an import leads, as far as the tree has a say in it."""
        module = self._linked.module_of(path, item)
        if isinstance(module, str):
            return f"{module} outside {self._found_part(module)}"
        names = [f"{name} {self._linked.has(module, name)}" for name in item.names if name != "*"]
        return f"{'.' * item.level}{item.module} at {module.path or module.folders} {names}"

    def inert(self, path: str) -> bool:
        """Tell whether importing a module can be noticed by nobody who reads nothing of it."""
        if path not in self._inert:
            self._settle(path)
        return self._inert[path]

    def entries(self, path: str) -> tuple[Entry, ...]:
        """Return what is to be said of a module's imports, in the order of its statements."""
        if path not in self._entries:
            self._settle(path)
        return self._entries[path]

    def _settle(self, start: str) -> None:
        """Work out a module after all that it loads. A circle of imports is always noticed: order matters in it."""
        begun = {start}
        stack = [(start, iter(self.loads(start)))]
        while stack:
            path, rest = stack[-1]
            child = next((file for file in rest if file not in self._inert and file not in begun), None)
            if child is not None:
                begun.add(child)
                stack.append((child, iter(self.loads(child))))
                continue
            stack.pop()
            entries = self._entries[path] = self._work_out(path)
            silent = not any(entry.name == "" for entry in entries)
            self._inert[path] = silent and not self._linked.facts(path).error and not self.acting(path)

    def _work_out(self, path: str) -> tuple[Entry, ...]:
        found: list[Entry] = []
        for index, item in self._at_import(path):
            found += self._bound(path, index, item)
            found += self._noticed(path, index, item)
        return (*found, *self._attributes_read(path))

    def _at_import(self, path: str) -> list[tuple[int, Import]]:
        return [
            (index, item)
            for index, item in self._linked.facts(path).imports()
            if not item.inner and not self._judge.is_skipped(path, index)
        ]

    def _bound(self, path: str, index: int, item: Import) -> list[Entry]:
        where = self._place(path, item)
        return [Entry(index, name, f"{name} = {origin} of {where}") for name, origin in item.bound]

    def _place(self, path: str, item: Import) -> str:
        module = self._linked.module_of(path, item)
        return f"outside {module}" if isinstance(module, str) else (module.path or f"folders {module.folders}")

    def _noticed(self, path: str, index: int, item: Import) -> list[Entry]:
        module = self._linked.module_of(path, item)
        if isinstance(module, str):
            return self._outside(index, module, item)
        found = []
        own = {*self._linked.finder.of_file(path).files, path}
        others = [file for file in self.files_of(path, item) if file not in own]
        if not all(self._inert.get(file) for file in others):
            found.append(Entry(index, "", f"loads {others}", loads=True))
        if not module.path.endswith(".py") and module.path:
            found.append(Entry(index, "", f"loads {module.path}", loads=True))
        in_circle = module.path in own or any(path in self._linked.reachable(file) for file in others)
        for name in item.names:
            if name == "*":
                found.append(Entry(index, "", f"takes all of {module.path or module.folders}"))
                continue
            has = self._linked.has(module, name)
            if has != "yes" or (in_circle and self._linked.finder.submodule(module, name) is None):
                found.append(Entry(index, "", f"takes {name} of {module.path or module.folders}: {has}"))
        return found

    def _outside(self, index: int, module: str, item: Import) -> list[Entry]:
        if part := self._found_part(module):
            return [Entry(index, "", f"looks for {module} in {part}", loads=True)]
        quiet = module in harmless.QUIET_MODULES
        names = [name for name in item.names if f"{module}.{name}" not in harmless.QUIET_NAMES]
        if quiet and not names:
            return []
        return [Entry(index, "", f"loads {module} outside, for {names}")]

    def _found_part(self, module: str) -> tuple[str, ...]:
        """Return the files of a package of the tree that are executed on the way to a module that it lacks."""
        parts = module.split(".")
        for count in range(len(parts) - 1, 0, -1):
            if (found := self._linked.finder.module(".".join(parts[:count]))) is not None:
                return found.files
        return ()

    def _attributes_read(self, path: str) -> list[Entry]:
        """What is read of other people's modules while the module is imported must be there, or the import fails."""
        read: set[str] = set()
        for index, statement in enumerate(self._linked.facts(path).statements):
            if not self._judge.is_skipped(path, index):
                for chain in statement.effects.reads:
                    if "." in chain:
                        read.update(self._linked.uses(path, chain).outside)
        noticed = sorted(name for name in read if not _is_known(name))
        return [Entry(len(self._linked.facts(path).statements), "", f"reads {name}") for name in noticed]


_KNOWN = harmless.QUIET_ATTRIBUTES | harmless.QUIET_NAMES | harmless.DECORATORS | harmless.COMPUTING | harmless.KEEPING


def _is_known(name: str) -> bool:
    return name in _KNOWN or harmless.is_base(name) or name.startswith("builtins.")
