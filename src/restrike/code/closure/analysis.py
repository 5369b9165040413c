"""The source that a step depends on, definition by definition."""

from __future__ import annotations

import ast
import hashlib
import warnings
from collections.abc import Container, MutableMapping, Sequence
from typing import Any

from restrike.code.closure.model import Closure, Observed, Tree


class Analysis:
    """One tree, read once for any number of steps."""

    def __init__(
        self,
        tree: Tree,
        import_roots: Sequence[str],
        *,
        installed: Container[str] | None = None,
        facts: MutableMapping[str, Any] | None = None,
    ) -> None:
        self._tree = tree
        self._whole: dict[str, str] = {}

    def closure(self, use: str, observed: Observed) -> Closure:
        """Return what `module:function` depends on."""
        return Closure({f"{path} (whole)": self._normalised(path) for path in self._tree.files if path.endswith(".py")})

    def module_closure(self, observed: Observed) -> Closure:
        """Return what a command depends on that was seen to import these modules."""
        present = [path for path in observed.modules | observed.source if path in self._tree.files]
        return Closure({f"{path} (whole)": self._normalised(path) for path in sorted(present)})

    def _normalised(self, path: str) -> str:
        if path not in self._whole:
            data = self._tree.read(path)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    data = ast.dump(ast.parse(data)).encode("utf-8", "surrogatepass")
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                pass
            self._whole[path] = hashlib.sha256(data).hexdigest()
        return self._whole[path]


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
