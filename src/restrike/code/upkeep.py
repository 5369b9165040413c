"""Looking after the repository of snapshots: finding damage, healing it, removing what no run needs."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from restrike.base import atomic, digest
from restrike.code import git, restoring
from restrike.code.errors import SnapshotCorrupt, SnapshotMissing
from restrike.code.objects import Damaged, Found, ObjectReader, PackWriter
from restrike.code.snapshot import fingerprint


@dataclass(frozen=True)
class Collected:
    """What was removed, or would be: snapshots, objects and the bytes they take on disk."""

    snapshots: int
    objects: int
    bytes: int


def damage(git_dir: Path, commits: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return what is wrong with each damaged snapshot, every object it needs read in full."""
    result: dict[str, tuple[str, ...]] = {}
    digests: dict[str, str | None] = {}
    with ObjectReader.inside(git_dir) as reader:
        for commit in commits:
            try:
                contents = restoring.read_contents(reader, commit)
            except (SnapshotMissing, SnapshotCorrupt) as error:
                result[commit] = (error.what,)
                continue
            new = sorted({row.blob for row in contents.rows} - digests.keys())
            for answer in reader.read(new):
                good = isinstance(answer, Found) and answer.kind == "blob"
                digests[answer.identity] = digest.of_bytes(answer.data) if good and isinstance(answer, Found) else None
            if problems := _problems(commit, contents, digests):
                result[commit] = problems
    return result


def _problems(commit: str, contents: restoring.Contents, digests: dict[str, str | None]) -> tuple[str, ...]:
    bad = [row for row in contents.rows if digests[row.blob] is None]
    if bad:
        return tuple(restoring.damaged(commit, f"blob {row.blob}, the content of '{row.path}'").what for row in bad)
    if fingerprint((row.path, row.mode, digests[row.blob] or "") for row in contents.rows) != contents.fingerprint:
        return (f"code snapshot '{commit[:12]}' is corrupt: its files do not have the fingerprint that was recorded",)
    return ()


def damaged_packs(git_dir: Path) -> list[Path]:
    """Return the packs and their indexes whose bytes do not have the checksum that they end in."""
    return [path for path in sorted((git_dir / "objects" / "pack").glob("pack-*.[pi]*[kx]")) if not _sums_up(path)]


def _sums_up(path: Path) -> bool:
    with path.open("rb") as stream:
        left = path.stat().st_size - 20
        hasher = hashlib.sha1(usedforsecurity=False)
        while left > 0 and (block := stream.read(min(left, 1 << 20))):
            hasher.update(block)
            left -= len(block)
        return hasher.digest() == stream.read(20)


def heal(git_dir: Path, scratch: Path) -> list[str]:
    """Set damaged objects aside, so that the next capture of the same files stores them anew; return their ids.

    Call with the repository locked. What was set aside lies in `restrike/damaged`.
    """
    aside = git_dir / "restrike" / "damaged"
    aside.mkdir(exist_ok=True)
    bad = _unreadable(git_dir, list(_loose(git_dir)))
    for identity in bad:
        with contextlib.suppress(FileNotFoundError):
            os.rename(_loose_path(git_dir, identity), aside / identity)
    for index in list((git_dir / "objects" / "pack").glob("*.idx")):
        bad += _heal_pack(git_dir, index, aside, scratch)
    return bad


def _heal_pack(git_dir: Path, index: Path, aside: Path, scratch: Path) -> list[str]:
    pack = index.with_suffix(".pack")
    if not _sums_up(index) and pack.exists():
        index.rename(aside / index.name)
        git.own(git_dir, ["index-pack", "-o", str(index.relative_to(git_dir)), str(pack.relative_to(git_dir))])
    identities = _packed(git_dir, index)
    bad = _unreadable(git_dir, identities)
    if not bad:
        return []
    with PackWriter(scratch) as salvage, ObjectReader.inside(git_dir) as reader:
        for answer in reader.read(identities):
            if isinstance(answer, Found):
                salvage.add(answer.kind, answer.data)
        salvage.send(git_dir, packed=True)  # before anything goes, and whether or not the damaged pack has it too
    for path in (index, pack):
        with contextlib.suppress(FileNotFoundError):
            path.rename(aside / path.name)
    return bad


def _unreadable(git_dir: Path, identities: Collection[str]) -> list[str]:
    with ObjectReader.inside(git_dir) as reader:
        return [answer.identity for answer in reader.read(identities) if isinstance(answer, Damaged)]


def present(git_dir: Path, commits: Iterable[str]) -> set[str]:
    """Return those of the commits that the repository holds."""
    with ObjectReader.inside(git_dir) as reader:
        return {answer.identity for answer in reader.read(commits) if isinstance(answer, Found)}


def _packed(git_dir: Path, index: Path) -> list[str]:
    output = git.own(git_dir, ["show-index"], given=index.read_bytes())
    return [line.split()[1] for line in output.decode("ascii").splitlines()]


def _loose(git_dir: Path) -> Iterator[str]:
    for folder in (git_dir / "objects").glob("[0-9a-f][0-9a-f]"):
        yield from (folder.name + name for name in os.listdir(folder) if len(name) == 38)


def _loose_path(git_dir: Path, identity: str) -> Path:
    return git_dir / "objects" / identity[:2] / identity[2:]


def unneeded(git_dir: Path, keep: Collection[str]) -> tuple[int, int]:
    """Return how many objects no kept commit needs, and the bytes that they take on disk."""
    walk = ["rev-list", "--objects", "--no-object-names", "--stdin"]
    needed = set(git.own(git_dir, walk, given=_lines(keep)).decode("ascii").split()) if keep else set()
    output = git.own(git_dir, ["cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objectsize:disk)"])
    sizes = [line.split() for line in output.decode("ascii").splitlines()]
    spare = [int(size) for identity, size in sizes if identity not in needed]
    return len(spare), sum(spare)


def pack_whole(git_dir: Path, keep: Collection[str]) -> str | None:
    """Put everything that the kept commits need into one pack and return its name; None if nothing is kept."""
    if not keep:
        return None
    name = git.own(git_dir, ["pack-objects", "-q", "--revs", "objects/pack/pack"], given=_lines(keep))
    atomic.sync_folder(git_dir / "objects" / "pack")
    atomic.write_point()
    return f"pack-{name.decode('ascii').strip()}"


def remove_all_but(git_dir: Path, pack: str | None) -> None:
    """Remove every object that is not in the pack. Call with the repository locked, memories dropped."""
    folder = git_dir / "objects" / "pack"
    for path in folder.glob("pack-*"):
        if path.stem != pack:
            path.unlink()
    atomic.write_point()
    for fan in (git_dir / "objects").glob("[0-9a-f][0-9a-f]"):
        shutil.rmtree(fan)


def sweep_leftovers(git_dir: Path, scratch: Path) -> None:
    """Remove what killed processes left behind. Call with the repository locked."""
    for path in scratch.iterdir():
        shutil.rmtree(path, ignore_errors=True)
    for path in (*(git_dir / "objects").glob("*/tmp_*"), *git_dir.rglob(".*.tmp")):
        path.unlink(missing_ok=True)
    for path in git_dir.parent.glob(f"{git_dir.name}.*.tmp"):
        if time.time() - path.stat().st_mtime > 3600:
            shutil.rmtree(path, ignore_errors=True)


def _lines(commits: Iterable[str]) -> bytes:
    return "".join(f"{commit}\n" for commit in sorted(commits)).encode("ascii")
