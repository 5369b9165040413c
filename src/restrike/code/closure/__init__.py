"""The closure of a step: the source it depends on, definition by definition.

Static reading by definition, completed by what an execution was seen to use, and widened to the module or the tree
wherever names cannot be resolved: never too small, and as small as that allows (docs/design/closure.md).
"""

from __future__ import annotations

from restrike.code.closure.analysis import Analysis, closure, module_closure
from restrike.code.closure.kept import KeptFacts
from restrike.code.closure.model import Closure, Observed, Tree

__all__ = ["Analysis", "Closure", "KeptFacts", "Observed", "Tree", "closure", "module_closure"]
