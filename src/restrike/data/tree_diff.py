"""How two versions of a data folder differ, by file."""

from __future__ import annotations

from typing import Any

from restrike.store import Store


def tree_diff(store: Store, a: str, b: str) -> dict[str, Any]:
    """Name the files added, removed and changed from one folder version to the other.

    Raise ObjectMissing, ObjectCorrupt or TreeInvalid.
    """
    ours, theirs = ({entry.path: entry.digest for entry in store.read_tree(digest)} for digest in (a, b))
    return {
        "files_added": sorted(theirs.keys() - ours.keys()),
        "files_removed": sorted(ours.keys() - theirs.keys()),
        "files_changed": sorted(path for path in ours.keys() & theirs.keys() if ours[path] != theirs[path]),
    }
