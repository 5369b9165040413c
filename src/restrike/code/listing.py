"""The names of all files that could be code: what git tracks, and what lies there without being ignored."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from restrike.code import checkout as checkouts
from restrike.code import git
from restrike.code.checkout import Checkout
from restrike.code.selection import DEFAULT_EXCLUDES, without_environments


@dataclass
class Listing:
    """File names relative to the project, with what `lstat` said of them, and the repositories they come from.

    `unwatched` are tracked files that git was told not to look at (assume-unchanged, skip-worktree); `missing` are
    tracked names without a file: deleted ones, submodules. `digest` stands for all names and what kind each is of.
    """

    tracked: set[str] = field(default_factory=set)
    untracked: set[str] = field(default_factory=set)
    status: dict[str, os.stat_result] = field(default_factory=dict)
    unnameable: list[bytes] = field(default_factory=list)
    checkouts: list[Checkout] = field(default_factory=list)
    unwatched: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    digest: str = ""

    @property
    def main(self) -> Checkout | None:
        """The repository that the project itself lies in."""
        return next((found for found in self.checkouts if not found.inside), None)


def of_project(project: Path, git_dir: Path) -> Listing:
    """List a project, inside a repository or not, and every repository nested in it."""
    listing = Listing()
    hasher = hashlib.sha256()
    waiting, seen = [""], set[str]()
    while waiting:
        inside = waiting.pop()
        if inside in seen:  # a `.git` that is no repository: git answers for the one around it, again and again
            continue
        seen.add(inside)
        found, output = _names(project / inside, inside, git_dir)
        if found is not None:
            listing.checkouts.append(found)
        hasher.update(b"%d %d " % (found is not None, len(output)) + os.fsencode(inside) + b"\0" + output)
        waiting += _take(listing, project, inside, output)
    listing.missing = listing.tracked - listing.status.keys()
    hasher.update(repr(sorted(listing.missing)).encode("utf-8"))
    listing.digest = hasher.hexdigest()
    return listing


def _names(folder: Path, inside: str, git_dir: Path) -> tuple[Checkout | None, bytes]:
    """Return the repository around a folder and git's list of the folder's files, each with a tag before it."""
    found = checkouts.find(folder, inside)
    if found is not None:
        output = _ls_files(folder, {}, "--cached")
        if b"\0" in output or not (found.prefix and checkouts.ignores_its_folder(found)):
            return found, output
    return None, _ls_files(folder, {"GIT_DIR": str(git_dir), "GIT_WORK_TREE": str(folder)})


def _ls_files(folder: Path, more: dict[str, str], *which: str) -> bytes:
    excludes = [item for pattern in DEFAULT_EXCLUDES for item in ("-x", pattern)]
    done = git.ask(
        folder, "ls-files", "-z", "-v", *which, "--others", "--exclude-standard", *excludes, excludes=True, more=more
    )
    return git.checked(done, "ls-files", folder)


def _take(listing: Listing, project: Path, inside: str, output: bytes) -> list[str]:
    """Add one repository's names to the listing and return the nested repositories that were met."""
    tracked: set[str] = set()
    untracked: set[str] = set()
    nested: list[str] = []
    for line in output.split(b"\0")[:-1]:
        raw = os.fsencode(inside) + line[2:].rstrip(b"/")
        try:
            path = raw.decode("utf-8")
        except UnicodeDecodeError:
            listing.unnameable.append(raw)
            continue
        (untracked if line.startswith(b"? ") else tracked).add(path)
        if line[:1] == b"S" or line[:1].islower():
            listing.unwatched.add(path)
    base = f"{project}/"
    for path in tracked | untracked:
        status = _lstat(base + path)
        if status is None:
            continue
        if not stat.S_ISDIR(status.st_mode):
            listing.status[path] = status
        elif os.path.lexists(f"{base}{path}/.git"):
            nested.append(f"{path}/")
    listing.tracked |= tracked
    listing.untracked.update(without_environments(tracked, untracked))
    return nested


def _lstat(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except OSError:  # deleted since, or never checked out
        return None
