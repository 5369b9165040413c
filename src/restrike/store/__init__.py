"""Where bytes live: content-addressed objects, trees of them, and the ledger. Specified in docs/design/store.md."""

from restrike.store.audit import Problem, Swept
from restrike.store.store import Store
from restrike.store.trees import TreeEntry

__all__ = ["Problem", "Store", "Swept", "TreeEntry"]
