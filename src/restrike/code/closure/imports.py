"""Where the import system would find a module: in which file of the tree, or outside it."""

from __future__ import annotations

import sys
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import NamedTuple

_BINARY = (".so", ".pyd")


class Module(NamedTuple):
    """A module of the tree: a file, or a package's `__init__.py`, or neither for a package without one.

    `files` are what is executed to import it, its parents first. `folders` are where its own modules lie.
    """

    path: str
    files: tuple[str, ...]
    folders: tuple[str, ...]


class Finder:
    """Finds modules in one tree; `installed` are the top-level names that are found outside it, if that is known."""

    def __init__(
        self, files: Mapping[str, str], import_roots: Sequence[str], installed: Container[str] | None = None
    ) -> None:
        self._files = files
        self._roots = tuple("" if root == "." else root for root in import_roots)
        self._installed = installed
        self._folders: set[str] = {""}
        self._binaries: dict[str, str] = {}
        for path in files:
            self._put_down(path)
        self._modules: dict[str, Module] = {}
        self._found: dict[tuple[str, tuple[str, ...]], Module | None] = {}

    def _put_down(self, path: str) -> None:
        if path.endswith((*_BINARY, ".pyc")):
            folder, _, name = path.rpartition("/")
            self._binaries.setdefault(_joined(folder, name.partition(".")[0]), path)
        folder = path.rpartition("/")[0]
        while folder not in self._folders:
            self._folders.add(folder)
            folder = folder.rpartition("/")[0]

    def module(self, dotted: str) -> Module | None:
        """Return the module of that absolute name; None if it does not lie in the tree."""
        module: Module | None = None
        for index, part in enumerate(dotted.split(".")):
            module = self._in(self._roots, part, ()) if index == 0 else self.submodule(module, part)
            if module is None:
                return None
        if module is not None and not module.path and not module.files and self._is_installed(dotted.partition(".")[0]):
            return None  # a mere folder gives way to what is installed
        return module

    def submodule(self, package: Module | None, name: str) -> Module | None:
        """Return a module of a package, if there is such a file."""
        if package is None or not package.folders:
            return None
        return self._in(package.folders, name, package.files)

    def relative(self, path: str, level: int, dotted: str) -> Module | None:
        """Return the module that a file means by `from ..dotted`: by folders, whatever the package is called."""
        folder = path.rpartition("/")[0]
        for _ in range(level - 1):
            folder = folder.rpartition("/")[0]
        module: Module | None = self.package(folder)
        for part in dotted.split(".") if dotted else ():
            module = self.submodule(module, part)
        return module

    def package(self, folder: str) -> Module:
        """Return the package that a folder is, with or without `__init__.py`."""
        init = _joined(folder, "__init__.py")
        files = self.parents(folder)
        return Module(init if init in self._files else "", files, (folder,))

    def parents(self, folder: str) -> tuple[str, ...]:
        """Return the `__init__.py` of a folder and of those around it, outermost first."""
        inits: list[str] = []
        while folder and folder not in self._roots:
            if (init := f"{folder}/__init__.py") in self._files:
                inits.append(init)
            folder = folder.rpartition("/")[0]
        return tuple(reversed(inits))

    def of_file(self, path: str) -> Module:
        """Return a file as the module that it is imported as."""
        if path not in self._modules:
            folder, _, name = path.rpartition("/")
            alone = Module(path, (*self.parents(folder), path), ())
            self._modules[path] = self.package(folder) if name == "__init__.py" else alone
        return self._modules[path]

    def names(self) -> Iterable[str]:
        """Return all that an import could find: modules and folders."""
        return sorted({path for path in self._files if path.endswith((".py", ".pyc", *_BINARY))} | self._folders)

    def ending_with(self, text: str) -> list[str]:
        """Return the files whose path ends with these parts."""
        end = text.removeprefix("./")
        return [path for path in self._files if path == end or path.endswith("/" + end)]

    def names_in(self, folders: Iterable[str]) -> tuple[str, ...]:
        """Return the names of the modules that lie directly in one of these folders."""
        wanted = set(folders)
        return tuple(
            sorted(
                {
                    path.rpartition("/")[2][:-3]
                    for path in self._files
                    if path.rpartition("/")[0] in wanted and path.endswith(".py")
                }
            )
        )

    def binary_beside(self, path: str) -> str:
        """Return a file that the import system may prefer to a source file, "" if there is none."""
        binary = self._binaries.get(path.removesuffix(".py"), "")
        return binary if binary.endswith(_BINARY) else ""

    def _in(self, folders: tuple[str, ...], name: str, files: tuple[str, ...]) -> Module | None:
        key = (name, folders)
        if key not in self._found:
            self._found[key] = self._search(folders, name, files)
        return self._found[key]

    def _search(self, folders: tuple[str, ...], name: str, files: tuple[str, ...]) -> Module | None:
        portions = []
        for folder in folders:
            place = _joined(folder, name)
            if (init := f"{place}/__init__.py") in self._files:
                return Module(init, (*files, init), (place,))
            if (path := f"{place}.py") in self._files:
                return Module(path, (*files, path), ())
            if place in self._binaries:
                return Module(self._binaries[place], files, ())
            if place in self._folders:
                portions.append(place)
        return Module("", files, tuple(portions)) if portions else None

    def _is_installed(self, name: str) -> bool:
        return name in sys.stdlib_module_names or (self._installed is not None and name in self._installed)


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
