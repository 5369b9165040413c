"""The source that a step depends on, definition by definition."""

from __future__ import annotations

from collections.abc import Container, MutableMapping, Sequence
from typing import Any

from restrike.code.closure.facts import Facts, from_plain, to_plain
from restrike.code.closure.importing import Importing
from restrike.code.closure.imports import Finder
from restrike.code.closure.judge import Judge
from restrike.code.closure.linked import Linked
from restrike.code.closure.model import Closure, Observed, Tree
from restrike.code.closure.parse import facts_of
from restrike.code.closure.parts import Parts
from restrike.code.closure.reach import Paths
from restrike.code.closure.widen import Reach


class Analysis:
    """One tree, for any number of steps: a file is parsed once, a name followed once.

    `facts` keeps what was read of a file, by the SHA-256 of its bytes; it may be kept from one process to the next
    (`kept.KeptFacts`). `installed` tells which top-level names are found outside the project.
    """

    def __init__(
        self,
        tree: Tree,
        import_roots: Sequence[str],
        *,
        installed: Container[str] | None = None,
        facts: MutableMapping[str, Any] | None = None,
    ) -> None:
        self._tree = tree
        self._kept: MutableMapping[str, Any] = {} if facts is None else facts
        self._facts: dict[str, Facts] = {}
        files = dict(tree.files)
        self._sources = frozenset(path for path in files if path.endswith(".py"))
        linked = Linked(Finder(files, import_roots, installed), self._facts_of)
        judge = Judge(linked)
        self._paths = Paths(linked, judge, Importing(linked, judge))
        self._parts = Parts(self._paths, files)

    def closure(self, use: str, observed: Observed) -> Closure:
        """Return what `module:function` depends on, given what an execution of it was seen to use."""
        dotted, _, chain = use.partition(":")
        reach = Reach(self._paths, self._sources)
        try:
            reach.start(dotted, chain)
            reach.complete(observed)
            return self._closure(reach)
        except RecursionError:
            return self._everything()

    def module_closure(self, observed: Observed) -> Closure:
        """Return what a command depends on that was seen to import these modules: each of them whole."""
        reach = Reach(self._paths, self._sources)
        for path in sorted(observed.modules & self._sources):
            reach.take_file(path, "is imported by a program")
        return self._closure(reach)

    def _everything(self) -> Closure:
        """Return all code as it stands: for names that lead on and on."""
        paths = sorted(self._sources)
        reason = "may be reached by names that are nested too deeply to be followed"
        return Closure({f"{path} (text)": self._tree.files[path] for path in paths}, dict.fromkeys(paths, reason))

    def _closure(self, reach: Reach) -> Closure:
        widened = {path: reason for path, reason in reach.whole.items() if path not in reach.texts}
        return Closure(self._parts.of(reach), {**widened, **reach.texts})

    def _facts_of(self, path: str) -> Facts:
        if path not in self._facts:
            digest = self._tree.files[path]
            plain = self._kept.get(digest)
            if plain is not None:
                self._facts[path] = from_plain(plain)
            else:
                self._facts[path] = facts_of(self._tree.read(path))
                self._kept[digest] = to_plain(self._facts[path])
        return self._facts[path]


def closure(
    tree: Tree,
    use: str,
    import_roots: Sequence[str],
    observed: Observed,
    installed: Container[str] | None = None,
) -> Closure:
    """Return what `use` (`module:function`) depends on in one tree, given what an execution of it was seen to use."""
    return Analysis(tree, import_roots, installed=installed).closure(use, observed)


def module_closure(tree: Tree, import_roots: Sequence[str], observed: Observed) -> Closure:
    """Return what a command depends on in one tree: the modules that its processes were seen to import, whole."""
    return Analysis(tree, import_roots).module_closure(observed)
