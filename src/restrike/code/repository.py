"""The bare repository inside the store that holds every code snapshot."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import shutil
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from restrike.base import atomic
from restrike.code import git, patch, restoring, tree, upkeep
from restrike.code import memory as memories
from restrike.code.capturing import SNAPSHOTS, Capture
from restrike.code.errors import GitFailed, SnapshotCorrupt, SnapshotMissing
from restrike.code.selection import Rules
from restrike.code.snapshot import CodeFile, FileChange, Limits, Snapshot, fingerprint
from restrike.code.tree import SnapshotTree
from restrike.code.upkeep import Collected

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


class CodeRepository:
    """Captures, restores and compares the code of projects. Safe for any number of processes at once."""

    def __init__(self, git_dir: Path):
        self.git_dir = git_dir
        self._own = git_dir / "restrike"
        self._memories = self._own / "memory"
        self._scratch = self._own / "tmp"
        self._suspect = self._own / "suspect"  # damage was seen: the next capture heals before it relies on anything

    def ensure(self) -> None:
        """Make the repository if it is not there."""
        if self._own.is_dir():
            return
        new = self.git_dir.with_name(f"{self.git_dir.name}.{secrets.token_hex(6)}.tmp")
        with atomic.told_plainly(self.git_dir):
            self.git_dir.parent.mkdir(parents=True, exist_ok=True)
            try:
                _lay_out(new)
                atomic.write_point()
                os.rename(new, self.git_dir)
            except OSError:
                if not self._own.is_dir():  # else another process was faster
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
        rules = Rules(project, leave_out, limits)
        self.ensure()
        with atomic.told_plainly(self.git_dir), self._relied_on():
            path = memories.path_of(self._memories, project)
            memory = memories.load(path)
            if Capture(self.git_dir, self._scratch, project, rules, limits, memory).take():
                memories.save(path, memory)
        assert memory.snapshot is not None
        return memory.snapshot

    def restore(self, commit: str, target: Path, *, fingerprint: str | None = None) -> str:
        """Write a snapshot's files to a folder that is absent or empty, and return its fingerprint.

        Every byte is checked: against git's ids, against the fingerprint in the commit and, where given, against the
        one that a record holds. Nothing appears at `target` otherwise; raise SnapshotCorrupt or SnapshotMissing.
        """
        with self._distrusted_if_corrupt(commit):
            return restoring.restore(self.git_dir, commit, target, fingerprint)

    def fingerprint_of(self, commit: str) -> str:
        """Return a snapshot's fingerprint, computed from the stored bytes."""
        return fingerprint((file.path, file.mode, file.digest) for file in self.files(commit))

    def files(self, commit: str) -> list[CodeFile]:
        """Return a snapshot's files, their digests computed from the stored bytes."""
        with self._distrusted_if_corrupt(commit):
            return restoring.files(self.git_dir, commit)

    def read(self, commit: str, paths: Collection[str]) -> dict[str, bytes]:
        """Return the bytes of some files of a snapshot, verified by git's ids; paths that it lacks are left out."""
        with self._distrusted_if_corrupt(commit):
            return restoring.read_some(self.git_dir, commit, paths)

    def tree(self, commit: str, *, near: Path | None = None) -> SnapshotTree:
        """Return a snapshot as a tree that answers questions; what is as in the last capture of `near` is not read."""
        memory = memories.load(memories.path_of(self._memories, near.resolve())) if near else memories.Memory()
        with self._distrusted_if_corrupt(commit):
            known = {entry.blob: entry.sha256 for entry in memory.entries.values()}
            return tree.read_tree(self.git_dir, commit, known)

    def diff(self, before: str, after: str) -> list[FileChange]:
        """Return the files in which two snapshots differ, sorted by path."""
        return patch.between(self.git_dir, before, after)

    def snapshots(self) -> dict[str, float]:
        """Return the commits held, with the time (seconds since 1970) of the last capture that gave each."""
        folder = self.git_dir / SNAPSHOTS
        if not folder.is_dir():
            return {}
        return {path.name: path.stat().st_mtime for path in folder.iterdir() if re.fullmatch("[0-9a-f]{40}", path.name)}

    def damage(self, commits: Iterable[str] | None = None) -> dict[str, tuple[str, ...]]:
        """Return what is wrong with each damaged snapshot (of those given, else of all), reading everything."""
        if not self._own.is_dir():
            return {commit: (f"the store does not hold the code snapshot '{commit}'",) for commit in commits or ()}
        found = upkeep.damage(self.git_dir, sorted(self.snapshots() if commits is None else commits))
        if found:
            self._distrust()
        return found

    def verify(self) -> list[str]:
        """Return every damage to the snapshots, or to the packs that hold them, a line each; empty if there is none."""
        problems = {problem for lines in self.damage().values() for problem in lines}
        packs = upkeep.damaged_packs(self.git_dir)
        if packs:
            self._distrust()
        return sorted(problems | {f"'{path}' is damaged: its checksum is wrong" for path in packs})

    def pack(self) -> None:
        """Put loose objects into a pack, for their number; anything else may go on meanwhile."""
        git.own(self.git_dir, ["repack", "-d", "-n", "-q"])

    def collect(self, keep: Collection[str], *, dry_run: bool = False, older_than_s: float = 3600) -> Collected:
        """Remove what none of the kept commits needs. Snapshots captured less than `older_than_s` ago are spared."""
        if not self._own.is_dir():
            return Collected(0, 0, 0)
        with atomic.told_plainly(self.git_dir), self._locked(exclusive=True):
            held = self.snapshots()
            kept = {commit for commit, at in held.items() if time.time() - at < older_than_s}
            kept |= upkeep.present(self.git_dir, keep)  # even those whose name was lost
            try:
                objects, size = upkeep.unneeded(self.git_dir, kept)
                if not dry_run:
                    self._remove(held.keys() - kept, kept)
            except GitFailed as error:
                raise SnapshotCorrupt(
                    "nothing was removed: a code snapshot that is needed is damaged",
                    hint="restrike store check",
                    details=error.details,
                ) from error
        return Collected(len(held.keys() - kept), objects, size)

    def _remove(self, spare: Collection[str], kept: Collection[str]) -> None:
        upkeep.sweep_leftovers(self.git_dir, self._scratch)
        whole = upkeep.pack_whole(self.git_dir, kept)
        memories.forget(self._memories)  # before anything goes: they tell what need not be stored again
        for commit in spare:
            (self.git_dir / SNAPSHOTS / commit).unlink()
        atomic.write_point()
        upkeep.remove_all_but(self.git_dir, whole)

    @contextlib.contextmanager
    def _relied_on(self) -> Iterator[None]:
        """Keep what is stored from being removed; heal the repository first if damage was seen."""
        if self._suspect.exists():
            with self._locked(exclusive=True):
                upkeep.heal(self.git_dir, self._scratch)
                memories.forget(self._memories)
                self._suspect.unlink(missing_ok=True)
        with self._locked(exclusive=False):
            yield

    @contextlib.contextmanager
    def _locked(self, *, exclusive: bool) -> Iterator[None]:
        """Keep objects from being removed (shared), or everybody else from relying on them (exclusive)."""
        descriptor = os.open(self._own / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
            yield
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def _distrusted_if_corrupt(self, commit: str) -> Iterator[None]:
        try:
            yield
        except SnapshotCorrupt:
            self._distrust()
            raise
        except SnapshotMissing:
            if (self.git_dir / SNAPSHOTS / commit).exists():  # it was there
                self._distrust()
            raise

    def _distrust(self) -> None:
        with contextlib.suppress(OSError):  # a store that cannot be written to cannot be healed either
            self._suspect.touch()


def _lay_out(git_dir: Path) -> None:
    """Write an empty bare repository, the same whatever version and settings of git there are."""
    for folder in ("objects/pack", "objects/info", "refs/heads", SNAPSHOTS, "info", "restrike/tmp", "restrike/memory"):
        (git_dir / folder).mkdir(parents=True)
    (git_dir / "HEAD").write_text("ref: refs/heads/none\n")
    (git_dir / "config").write_text(_CONFIG)
    (git_dir / "info" / "attributes").write_text(_ATTRIBUTES)
