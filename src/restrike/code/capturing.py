"""Taking a snapshot: list, choose, read, store, compare with HEAD. Each part is skipped where nothing changed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from restrike.base import atomic, digest
from restrike.code import listing as listings
from restrike.code import objects, patch, selection
from restrike.code.listing import Listing
from restrike.code.memory import Memory
from restrike.code.objects import PackWriter
from restrike.code.scan import Entry, Scan, folders_of, real_folders, scan
from restrike.code.selection import Rules, Selection
from restrike.code.snapshot import FORMAT, LeftOut, Limits, Snapshot, fingerprint

SNAPSHOTS = "refs/snapshots"


@dataclass(frozen=True)
class Capture:
    """A project about to be captured into a repository, with what is remembered of the last time."""

    git_dir: Path
    scratch: Path
    project: Path
    rules: Rules
    limits: Limits
    memory: Memory

    def take(self) -> bool:
        """Leave the snapshot in the memory; tell whether the memory is to be saved."""
        before = self.memory.snapshot
        listing = listings.of_project(self.project, self.git_dir)
        with PackWriter(self.scratch, self.memory.known()) as pack:
            chosen = self._choose(listing)
            found = scan(
                self.project,
                {path: listing.status[path] for path in chosen.paths if path in listing.status},
                known=self.memory.entries,
                limits=self.limits,
                unlimited=self.rules.includes,
                keep=lambda data: pack.add("blob", data),
            )
            commit, whole = self._store(found, pack)
        self.memory.entries = found.entries
        comparison = self._compare(listing, found, whole)
        main = listing.main
        self.memory.snapshot = Snapshot(
            commit=commit,
            fingerprint=whole,
            head=main.head if main else None,
            branch=main.branch if main else None,
            detached=bool(main and main.head and main.branch is None),
            dirty=comparison.dirty,
            remotes=comparison.remotes,
            patch=comparison.patch,
            submodules={item.inside.rstrip("/"): item.head for item in listing.checkouts if item.inside and item.head},
            left_out=_all_left_out(listing, chosen, found),
        )
        return found.read or self.memory.snapshot != before

    def _choose(self, listing: Listing) -> Selection:
        """Return the names that are code, from memory where the names and the rules are the same as last time."""
        wanted = [path for path in self.rules.wanted_files(self.project) if path not in listing.status]
        key = digest.of_bytes(f"{listing.digest} {self.rules.identity} {wanted}".encode("utf-8", "surrogateescape"))
        if self.memory.selected_for != key:
            there = listing.tracked - listing.missing
            self.memory.selection = self.rules.select([*there, *listing.untracked, *wanted])
            self.memory.selected_for = key
        chosen = self.memory.selection
        folders = real_folders(self.project, folders_of(chosen.paths))
        extensions = self.rules.select(selection.extension_modules(self.project, sorted(folders), listing.status))
        for path in (*wanted, *extensions.paths):
            with contextlib.suppress(OSError):
                listing.status[path] = os.lstat(self.project / path)
        paths = [path for path in (*chosen.paths, *extensions.paths) if path.rpartition("/")[0] in folders]
        return Selection(tuple(sorted(set(paths))), chosen.left_out + extensions.left_out)

    def _store(self, found: Scan, pack: PackWriter) -> tuple[str, str]:
        """Return commit and fingerprint of the files, having stored what is new."""
        last = self.memory.snapshot
        if last is not None and _same(found, self.memory.entries) and self._touch(last.commit):
            return last.commit, last.fingerprint
        whole = fingerprint((path, entry.mode, entry.sha256) for path, entry in found.entries.items())
        forest = objects.plant((path, entry.mode, entry.blob) for path, entry in found.entries.items())
        for data in forest.trees.values():
            pack.add("tree", data)
        commit = pack.add("commit", objects.commit(forest.root, f"{FORMAT} {whole}"))
        pack.send(self.git_dir)
        self._name(commit)
        self.memory.trees = list(forest.trees)
        return commit, whole

    def _compare(self, listing: Listing, found: Scan, whole: str) -> patch.Comparison:
        """Return how the code differs from HEAD, from memory where neither has moved."""
        state = [listing.digest, self.rules.identity, whole, *(item.signature() for item in listing.checkouts)]
        key = digest.of_bytes(repr(state).encode("utf-8", "surrogateescape"))
        last = self.memory.snapshot
        if last is not None and self.memory.compared_for == key:
            return patch.Comparison(last.dirty, last.patch, last.remotes)
        self.memory.compared_for = key
        deleted = self.rules.select(listing.missing).paths
        return patch.compare(self.git_dir, self.scratch, listing, found.entries, set(deleted))

    def _name(self, commit: str) -> None:
        """Make git, and whoever looks, know the snapshot. All who name a commit write the same: no lock is needed."""
        path = self.git_dir / SNAPSHOTS / commit
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write(path, f"{commit}\n".encode("ascii"))

    def _touch(self, commit: str) -> bool:
        """Renew a snapshot's time; tell whether it is there."""
        try:
            os.utime(self.git_dir / SNAPSHOTS / commit)
        except FileNotFoundError:
            return False
        return True


def _same(found: Scan, before: Mapping[str, Entry]) -> bool:
    if found.entries.keys() != before.keys():
        return False
    return not found.read or all(entry[:4] == before[path][:4] for path, entry in found.entries.items())


def _all_left_out(listing: Listing, chosen: Selection, found: Scan) -> tuple[LeftOut, ...]:
    names = [LeftOut(raw.decode("utf-8", "replace"), "not a UTF-8 name") for raw in listing.unnameable]
    status = listing.status
    items = [
        replace(item, size=status[item.path].st_size) if item.path in status else item
        for item in (*chosen.left_out, *found.left_out, *names)
    ]
    return tuple(sorted(items, key=lambda item: item.path))
