"""The bare repository inside the store that holds every code snapshot."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from restrike.base import atomic, digest
from restrike.code import listing as listings
from restrike.code import memory as memories
from restrike.code import objects, patch, restoring, selection
from restrike.code.errors import SnapshotMissing
from restrike.code.listing import Listing
from restrike.code.memory import Memory
from restrike.code.objects import PackWriter
from restrike.code.scan import Entry, Scan, folders_of, real_folders, scan
from restrike.code.selection import Rules, Selection
from restrike.code.snapshot import FORMAT, CodeFile, FileChange, LeftOut, Limits, Snapshot, fingerprint

_CONFIG = """\
[core]
\trepositoryformatversion = 0
\tfilemode = true
\tsymlinks = true
\tbare = true
\tautocrlf = false
\tsafecrlf = false
\tprotectHFS = false
\tprotectNTFS = false
\tfsync = all
\tfsyncMethod = batch
[gc]
\tauto = 0
[pack]
\tthreads = 1
"""
_ATTRIBUTES = "* -text -filter -ident -eol -working-tree-encoding -export-ignore -export-subst\n"
SNAPSHOTS = "refs/snapshots"


class CodeRepository:
    """Captures, restores and compares the code of projects. Safe for any number of processes at once."""

    def __init__(self, git_dir: Path):
        self.git_dir = git_dir
        self._own = git_dir / "restrike"
        self._memories = self._own / "memory"
        self._scratch = self._own / "tmp"

    def ensure(self) -> None:
        """Make the repository if it is not there."""
        if (self.git_dir / "restrike").is_dir():
            return
        self.git_dir.parent.mkdir(parents=True, exist_ok=True)
        new = self.git_dir.with_name(f"{self.git_dir.name}.{secrets.token_hex(6)}.tmp")
        with atomic.told_plainly(self.git_dir):
            try:
                _lay_out(new)
                os.rename(new, self.git_dir)
            except OSError:
                if not (self.git_dir / "restrike").is_dir():  # else another process was faster
                    raise
            finally:
                shutil.rmtree(new, ignore_errors=True)

    def capture(
        self,
        project: Path,
        *,
        leave_out: Collection[str] = (),
        limits: Limits | Mapping[str, Any] | None = None,
    ) -> Snapshot:
        """Store the project's code as it lies there and return the snapshot.

        `leave_out` are paths of files and folders, relative to the project, that are another aspect's: configuration,
        declared data. The user's repository, if there is one, is only read.
        """
        limits = limits if isinstance(limits, Limits) else Limits.of(limits or {})
        project = project.resolve()
        self.ensure()
        with atomic.told_plainly(self.git_dir), self.locked(exclusive=False):
            path = memories.path_of(self._memories, project)
            memory = memories.load(path)
            before = memory.snapshot
            snapshot, changed = self._capture(project, Rules(project, leave_out, limits), limits, memory)
            if changed or snapshot != before:
                memories.save(path, memory)
        return snapshot

    def restore(self, commit: str, target: Path, *, fingerprint: str | None = None) -> str:
        """Write a snapshot's files to a folder that is absent or empty, and return its fingerprint.

        Every byte is checked: against git's ids, against the fingerprint in the commit and, where given, against the
        one that a record holds. Nothing appears at `target` otherwise; raise SnapshotCorrupt or SnapshotMissing.
        """
        return restoring.restore(self.git_dir, commit, target, fingerprint)

    def fingerprint_of(self, commit: str) -> str:
        """Return a snapshot's fingerprint, computed from the stored bytes."""
        return fingerprint((file.path, file.mode, file.digest) for file in self.files(commit))

    def files(self, commit: str) -> list[CodeFile]:
        """Return a snapshot's files, their digests computed from the stored bytes."""
        return restoring.files(self.git_dir, commit)

    def diff(self, before: str, after: str) -> list[FileChange]:
        """Return the files in which two snapshots differ, sorted by path."""
        return patch.between(self.git_dir, before, after)

    @contextlib.contextmanager
    def locked(self, *, exclusive: bool) -> Iterator[None]:
        """Keep objects from being removed (shared), or everybody else from relying on them (exclusive)."""
        descriptor = os.open(self._own / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
            yield
        finally:
            os.close(descriptor)

    def snapshots(self) -> dict[str, float]:
        """Return the commits held, with the time (seconds since 1970) of the last capture that gave each."""
        folder = self.git_dir / SNAPSHOTS
        return {path.name: path.stat().st_mtime for path in folder.iterdir() if re.fullmatch("[0-9a-f]{40}", path.name)}

    def _capture(self, project: Path, rules: Rules, limits: Limits, memory: Memory) -> tuple[Snapshot, bool]:
        """Take the snapshot and bring the memory up to date; the flag tells whether the memory changed."""
        listing = listings.of_project(project, self.git_dir)
        known = memory.entries
        with PackWriter(self._scratch, memory.known()) as pack:
            chosen = _choose(project, listing, rules, memory)
            found = scan(
                project,
                {path: listing.status[path] for path in chosen.paths if path in listing.status},
                known=known,
                limits=limits,
                unlimited=rules.includes,
                keep=lambda data: pack.add("blob", data),
            )
            snapshot = self._stored(found, pack, memory)
        memory.entries = found.entries
        names = [LeftOut(raw.decode("utf-8", "replace"), "not a UTF-8 name") for raw in listing.unnameable]
        left_out = (*chosen.left_out, *found.left_out, *names)
        comparison = self._compared(listing, found, rules, memory, snapshot)
        main = listing.main
        memory.snapshot = Snapshot(
            commit=snapshot.commit,
            fingerprint=snapshot.fingerprint,
            head=main.head if main else None,
            branch=main.branch if main else None,
            detached=bool(main and main.head and main.branch is None),
            dirty=comparison.dirty,
            remotes=comparison.remotes,
            patch=comparison.patch,
            submodules={item.inside.rstrip("/"): item.head for item in listing.checkouts if item.inside and item.head},
            left_out=tuple(sorted(left_out, key=lambda item: item.path)),
        )
        return memory.snapshot, found.read

    def _stored(self, found: Scan, pack: PackWriter, memory: Memory) -> Snapshot:
        """Return commit and fingerprint of the files, having stored what is new."""
        last = memory.snapshot
        if last is not None and _content(found.entries) == _content(memory.entries) and self._touch(last.commit):
            return last
        whole = fingerprint((path, entry.mode, entry.sha256) for path, entry in found.entries.items())
        forest = objects.plant((path, entry.mode, entry.blob) for path, entry in found.entries.items())
        for data in forest.trees.values():
            pack.add("tree", data)
        commit = pack.add("commit", objects.commit(forest.root, f"{FORMAT} {whole}"))
        pack.send(self.git_dir)
        self._name(commit)
        memory.trees = list(forest.trees)
        return Snapshot(commit, whole)

    def _compared(
        self, listing: Listing, found: Scan, rules: Rules, memory: Memory, snapshot: Snapshot
    ) -> patch.Comparison:
        state = [
            listing.digest,
            rules.identity,
            snapshot.fingerprint,
            *(item.signature() for item in listing.checkouts),
        ]
        state.append(sorted(listing.tracked - listing.status.keys()))
        key = digest.of_bytes(repr(state).encode("utf-8", "surrogateescape"))
        last = memory.snapshot
        if last is not None and memory.compared_for == key:
            return patch.Comparison(last.dirty, last.patch, last.remotes)
        memory.compared_for = key
        deleted = rules.select(listing.tracked - listing.status.keys()).paths
        return patch.compare(
            self.git_dir, self._scratch, listing.checkouts, found.entries, listing.tracked, set(deleted)
        )

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


def _choose(project: Path, listing: Listing, rules: Rules, memory: Memory) -> Selection:
    """Return the names that are code, from memory where the names and the rules are the same as last time."""
    wanted = [path for path in rules.wanted_files(project) if path not in listing.status]
    key = digest.of_bytes(f"{listing.digest} {rules.identity} {wanted}".encode("utf-8", "surrogateescape"))
    if memory.selected_for != key:
        memory.selection = rules.select([*listing.tracked, *listing.untracked, *wanted])
        memory.selected_for = key
    chosen = memory.selection
    there = [path for path in chosen.paths if path in listing.status]
    folders = real_folders(project, folders_of(there))
    extensions = rules.select(selection.extension_modules(project, sorted(folders), listing.status))
    for path in (*wanted, *extensions.paths):
        with contextlib.suppress(OSError):
            listing.status[path] = os.lstat(project / path)
    paths = [path for path in (*chosen.paths, *extensions.paths) if path.rpartition("/")[0] in folders]
    return Selection(tuple(sorted(set(paths))), chosen.left_out + extensions.left_out)


def _content(entries: Mapping[str, Entry]) -> dict[str, tuple[str, str]]:
    return {path: (entry.mode, entry.sha256) for path, entry in entries.items()}


def _lay_out(git_dir: Path) -> None:
    """Write an empty bare repository, the same whatever version and settings of git there are."""
    for folder in ("objects/pack", "objects/info", "refs/heads", SNAPSHOTS, "info", "restrike/tmp", "restrike/memory"):
        (git_dir / folder).mkdir(parents=True)
    (git_dir / "HEAD").write_text("ref: refs/heads/none\n")
    (git_dir / "config").write_text(_CONFIG)
    (git_dir / "info" / "attributes").write_text(_ATTRIBUTES)


__all__ = ["CodeRepository", "SnapshotMissing"]
