"""The source that a step depends on in a snapshot, worked out once in a run for each snapshot, step and scope."""

from __future__ import annotations

import posixpath
import threading
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from restrike.code import SnapshotTree
from restrike.pipeline.graph import Step

if TYPE_CHECKING:
    from restrike.code.closure import Analysis, Closure, Observed
    from restrike.code.closure.kept import KeptFacts

_NOT_OWN = "is imported by a step that is no function of the project"


class Closures:
    """Closures of steps. `roots` are the import roots of the snapshots, `installed` the names that need no analysis.

    `facts` is a folder that spares reading the same file again; it may be deleted at any time.
    """

    def __init__(self, roots: Sequence[str], installed: Container[str] | None = None, facts: Path | None = None):
        self.roots = tuple(roots)
        self._installed, self._folder = installed, facts
        self._facts: KeptFacts | None = None
        self._analyses: dict[str, Analysis] = {}
        self._known: dict[tuple[Any, ...], Closure] = {}
        self._lock = threading.Lock()

    def of(self, tree: SnapshotTree, step: Step, depends: Mapping[str, Any]) -> Closure:
        """Return the source that a step depends on, with the scope that an execution was observed to have.

        Of a command, and of a function that is not the project's, that is the modules seen to be imported, whole.
        """
        from restrike.code.closure import Observed  # heavy, and of no use to a run with nothing to do

        use = step.use if step.use is not None and not step.builtin and self._has(tree, step.use) else None
        observed = Observed(*(frozenset(depends[name]) for name in ("modules", "handed", "source")))
        key = (tree.commit, use, step.command is None, observed)
        with self._lock:
            if key not in self._known:
                self._known[key] = self._worked_out(tree, use, observed, is_command=step.command is not None)
            return self._known[key]

    def close(self) -> None:
        """Keep what was read of files for other processes."""
        if self._facts is not None:
            self._facts.flush()

    def _worked_out(self, tree: SnapshotTree, use: str | None, observed: Observed, *, is_command: bool) -> Closure:
        from restrike.code.closure import Analysis

        analysis = self._analyses.get(tree.commit)
        if analysis is None:
            facts = self._kept()
            analysis = Analysis(tree, self.roots, installed=self._installed, facts=facts)
            self._analyses[tree.commit] = analysis
        if use is not None:
            return analysis.closure(use, observed)
        found = analysis.module_closure(observed)
        return found if is_command else replace(found, widened=dict.fromkeys(found.widened, _NOT_OWN))

    def _kept(self) -> KeptFacts | None:
        from restrike.code.closure.kept import KeptFacts

        if self._facts is None and self._folder is not None:
            self._facts = KeptFacts(self._folder)
        return self._facts

    def _has(self, tree: SnapshotTree, use: str) -> bool:
        stem = use.partition(":")[0].replace(".", "/")
        places = [posixpath.normpath(posixpath.join(root, stem)) for root in self.roots]
        return any(f"{place}.py" in tree.files or f"{place}/__init__.py" in tree.files for place in places)
