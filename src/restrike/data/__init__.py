"""Datasets: files and folders versioned by content, with where they came from. Specified in docs/design/datasets.md."""

from restrike.data.checkout import Comparison, checkout, place, verify
from restrike.data.history import log
from restrike.data.profile import Profile, profile
from restrike.data.table_diff import table_diff
from restrike.data.tree_diff import tree_diff
from restrike.data.versions import DatasetVersion, add, mend, snapshot

__all__ = [
    "Comparison",
    "DatasetVersion",
    "Profile",
    "add",
    "checkout",
    "log",
    "mend",
    "place",
    "profile",
    "snapshot",
    "table_diff",
    "tree_diff",
    "verify",
]
