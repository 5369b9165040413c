"""What distinguishes the captured code from HEAD, as text for people.

Both sides are put into two small trees in an object folder that is thrown away, so that nothing but the paths meant to
be shown can be: no secret, no declared data. The patch is not what a snapshot is restored from.
"""

from __future__ import annotations

import re
import secrets
import shutil
import zlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from restrike.code import checkout as checkouts
from restrike.code import git
from restrike.code.checkout import Change, Checkout
from restrike.code.listing import Listing
from restrike.code.objects import SUBMODULE, Found, ObjectReader, identify, plant
from restrike.code.scan import Entry
from restrike.code.snapshot import FileChange

BIG_FILE = 256_000  # bytes; beyond this a difference is stated, not shown
LONGEST = 4_000_000  # characters
# core.quotePath=false: ü stays ü. The algorithm is fixed, so that one difference has one text.
OPTIONS = ("-c", "core.quotePath=false", "-c", f"core.bigFileThreshold={BIG_FILE}", "-c", "diff.algorithm=myers")
DIFF = ("diff-tree", "-r", "--no-renames", "--full-index", "--no-ext-diff", "--no-textconv")

_LFS_POINTER = re.compile(rb"version https://git-lfs\.github\.com/spec/v1\n(?:.*\n)*oid sha256:([0-9a-f]{64})\n")


@dataclass(frozen=True)
class Comparison:
    """The code against HEAD: whether they differ, how, the remotes and the submodules' commits."""

    dirty: bool | None
    patch: str
    remotes: dict[str, str]


def compare(
    git_dir: Path, scratch: Path, listing: Listing, entries: Mapping[str, Entry], deleted: Collection[str]
) -> Comparison:
    """Compare captured files with the HEAD of the repository each belongs to.

    `deleted` are the paths without a file that may be named. Without a commit there is nothing to compare with.
    """
    main = listing.main
    if main is None:
        return Comparison(None, "", {})
    remotes, _ = checkouts.settings(main)
    if main.head is None:
        return Comparison(None, "", remotes)
    before: dict[str, tuple[str, bytes]] = {}
    compared = entries.keys() - listing.tracked
    moved = _unknown_repositories(listing)
    for repository in listing.checkouts:
        if repository.head is None:
            continue
        changed = checkouts.changes(repository, checkouts.settings(repository)[1])
        changed += checkouts.recorded(repository, listing.unwatched & entries.keys())
        moved |= _moved_submodules(changed, listing)
        changed = [change for change in changed if change.path in entries or change.path in deleted]
        changed = [change for change in changed if change.mode != SUBMODULE]
        compared -= {change.path for change in changed if _same(change, entries)}
        changed = [change for change in changed if not _same(change, entries)]
        compared |= {change.path for change in changed}
        before |= _contents(repository, changed)
    after = {path: entries[path] for path in compared if path in entries}
    for path in [path for path in after if path in before and _clean(before[path], after[path])]:
        del before[path], after[path]
    text = "".join(f"Submodule {path} {moved[path]}\n" for path in sorted(moved))
    if before or after:
        text += _text(git_dir, scratch, before, after)
    return Comparison(bool(text), text, remotes)


def _unknown_repositories(listing: Listing) -> dict[str, str]:
    """Return the repositories inside the project that its own one does not know, with their commits."""
    nested = [found for found in listing.checkouts if found.inside and found.inside.rstrip("/") not in listing.tracked]
    return {found.inside.rstrip("/"): f"(new) {found.head or '(no commit)'}" for found in nested}


def _moved_submodules(changed: Iterable[Change], listing: Listing) -> dict[str, str]:
    heads = {found.inside.rstrip("/"): found.head for found in listing.checkouts if found.inside}
    moved = {}
    for change in changed:
        if change.path in heads or change.mode == SUBMODULE:
            old = change.identity if change.mode == SUBMODULE else "(new)"
            moved[change.path] = f"{old} {heads.get(change.path) or '(gone)'}"
    return moved


def _same(change: Change, entries: Mapping[str, Entry]) -> bool:
    entry = entries.get(change.path)
    return entry is not None and (change.mode, change.identity) == (entry.mode, entry.blob)


def _clean(before: tuple[str, bytes], entry: Entry) -> bool:
    """Tell whether a file is what HEAD has after all: touched only, or the content of a Git LFS pointer."""
    mode, data = before
    if mode != entry.mode:
        return False
    pointer = _LFS_POINTER.match(data)
    return identify("blob", data) == entry.blob or (pointer is not None and pointer[1].decode() == entry.sha256)


def _contents(repository: Checkout, changed: Iterable[Change]) -> dict[str, tuple[str, bytes]]:
    """Return mode and bytes of what HEAD has at the changed paths; a blob that a partial clone lacks is left out."""
    there = [(change.path, change.mode, change.identity) for change in changed if change.mode and change.identity]
    if not there:
        return {}
    result = {}
    with ObjectReader(["git", *git.QUIET], repository.folder) as reader:
        for (path, mode, _), found in zip(there, reader.read(identity for _, _, identity in there), strict=True):
            if isinstance(found, Found):
                result[path] = (mode, found.data)
    return result


def _text(git_dir: Path, scratch: Path, before: Mapping[str, tuple[str, bytes]], after: Mapping[str, Entry]) -> str:
    folder = scratch / secrets.token_hex(8)
    try:
        (folder / "info").mkdir(parents=True)
        (folder / "info" / "alternates").write_text("../../../objects\n")
        rows = [(path, mode, _put(folder, "blob", data)) for path, (mode, data) in before.items()]
        sides = [plant(rows), plant((path, entry.mode, entry.blob) for path, entry in after.items())]
        for side in sides:
            for data in side.trees.values():
                _put(folder, "tree", data)
        relative = folder.relative_to(git_dir)
        output = git.own(
            git_dir,
            [*OPTIONS, *DIFF, "-p", sides[0].root, sides[1].root],
            more={"GIT_OBJECT_DIRECTORY": str(relative)},
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return shortened(output.decode("utf-8", "replace"))


def shortened(text: str) -> str:
    """Return a patch, cut at a line if it is longer than anybody reads."""
    if len(text) <= LONGEST:
        return text
    cut = text.rfind("\n", 0, LONGEST) + 1
    return f"{text[:cut]}# the rest of this patch, {len(text) - cut} characters, is not shown\n"


def _put(folder: Path, kind: str, data: bytes) -> str:
    identity = identify(kind, data)
    path = folder / identity[:2] / identity[2:]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(zlib.compress(b"%s %d\0" % (kind.encode(), len(data)) + data, 1))
    return identity


def between(git_dir: Path, before: str, after: str) -> list[FileChange]:
    """Return the files in which two snapshots differ, with git's patch for each."""
    trees = [f"{before}^{{tree}}", f"{after}^{{tree}}"]
    raw = git.own(git_dir, [*OPTIONS, *DIFF, "--raw", "-z", *trees]).decode("utf-8").split("\0")[:-1]
    text = git.own(git_dir, [*OPTIONS, *DIFF, "-p", *trees]).decode("utf-8", "replace")
    pieces = re.split(r"^(?=diff --git )", text, flags=re.MULTILINE)[1:]
    changes = []
    for status, path in zip(raw[::2], raw[1::2], strict=True):
        letter = status.rsplit(" ", 1)[1][0]
        count = 2 if letter == "T" else 1  # a file that became a link is shown as removed and added
        changes.append(FileChange(path, _KINDS[letter], shortened("".join(pieces[:count]))))
        del pieces[:count]
    return sorted(changes, key=lambda change: change.path)


_KINDS: dict[str, Literal["added", "removed", "changed"]] = {
    "A": "added",
    "D": "removed",
    "M": "changed",
    "T": "changed",
}
