"""Snapshots handed out: every byte checked before anything is there to be used."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from restrike.base import atomic, digest
from restrike.code.errors import SnapshotCorrupt, SnapshotMissing
from restrike.code.objects import FILE, LINK, PROGRAM, TREE, Damaged, Found, ObjectReader, parse_tree
from restrike.code.snapshot import FORMAT, CodeFile, fingerprint

_EPOCH = 315_532_800  # 1980-01-01, the earliest time that zip archives know


@dataclass(frozen=True)
class Row:
    """A file of a snapshot by its blob's id."""

    path: str
    mode: str
    blob: str


@dataclass(frozen=True)
class Contents:
    """What a commit says it holds."""

    fingerprint: str
    rows: list[Row]


def restore(git_dir: Path, commit: str, target: Path, expected: str | None) -> str:
    """Write a snapshot's files to `target`, complete and verified, or not at all; return the fingerprint."""
    new = target.with_name(f".{target.name[:80]}.{secrets.token_hex(6)}.tmp")
    with atomic.told_plainly(target), ObjectReader.inside(git_dir) as reader:
        contents = read_contents(reader, commit)
        try:
            _make_folders(new, contents.rows)
            found = fingerprint(_each(reader, commit, contents.rows, lambda row, data: _place(new, row, data)))
            _check(commit, found, contents.fingerprint, expected)
            atomic.write_point()
            os.rename(new, target)
        finally:
            shutil.rmtree(new, ignore_errors=True)
    return found


def files(git_dir: Path, commit: str) -> list[CodeFile]:
    """Return a snapshot's files with the digests and sizes of the stored bytes."""
    result = []
    with ObjectReader.inside(git_dir) as reader:
        contents = read_contents(reader, commit)

        def note(row: Row, data: bytes) -> None:
            result.append(CodeFile(row.path, row.mode, digest.of_bytes(data), len(data)))

        found = fingerprint(_each(reader, commit, contents.rows, note))
        _check(commit, found, contents.fingerprint, None)
    return result


def read_some(git_dir: Path, commit: str, paths: Collection[str]) -> dict[str, bytes]:
    """Return the bytes of those files of a snapshot that are among `paths`."""
    result: dict[str, bytes] = {}
    with ObjectReader.inside(git_dir) as reader:
        rows = [row for row in read_contents(reader, commit).rows if row.path in paths]
        for _ in _each(reader, commit, rows, lambda row, data: result.update({row.path: data})):
            pass
    return result


def read_contents(reader: ObjectReader, commit: str) -> Contents:
    """Return what a commit holds. Raise SnapshotMissing or SnapshotCorrupt."""
    data = _object(reader, commit, commit, "commit", SnapshotMissing)
    head, _, message = data.decode("utf-8", "replace").partition("\n\n")
    words = message.split()
    if not head.startswith("tree ") or len(words) != 2 or words[0] != FORMAT:
        raise SnapshotCorrupt(f"'{commit}' is not a code snapshot of a format this version knows")
    rows: list[Row] = []
    waiting = [("", head[5:45])]
    while waiting:
        prefix, identity = waiting.pop()
        try:
            entries = parse_tree(_object(reader, commit, identity, "tree", SnapshotCorrupt))
        except ValueError as error:
            raise SnapshotCorrupt(f"code snapshot '{commit[:12]}' is corrupt: {error}") from error
        for mode, name, child in entries:
            if mode == TREE:
                waiting.append((f"{prefix}{name}/", child))
            elif mode in (FILE, PROGRAM, LINK):
                rows.append(Row(prefix + name, mode, child))
            else:
                raise SnapshotCorrupt(f"code snapshot '{commit[:12]}' is corrupt: mode {mode} of '{prefix}{name}'")
    return Contents(words[1], sorted(rows, key=lambda row: row.path))


def _object(
    reader: ObjectReader, commit: str, identity: str, kind: str, missing: type[SnapshotMissing | SnapshotCorrupt]
) -> bytes:
    answer = next(iter(list(reader.read([identity]))))
    if isinstance(answer, Found) and answer.kind == kind:
        return answer.data
    if missing is SnapshotMissing and isinstance(answer, Damaged) and answer.reason == "missing":
        raise SnapshotMissing(f"the store does not hold the code snapshot '{commit}'", hint="restrike store check")
    raise damaged(commit, f"{kind} {identity}")


def _each(
    reader: ObjectReader, commit: str, rows: list[Row], use: Callable[[Row, bytes], None]
) -> Iterator[tuple[str, str, str]]:
    """Hand each file's verified bytes to `use`; yield what the fingerprint is made of."""
    for row, answer in zip(rows, reader.read(row.blob for row in rows), strict=True):
        if not isinstance(answer, Found) or answer.kind != "blob":
            raise damaged(commit, f"blob {row.blob}, the content of '{row.path}'")
        use(row, answer.data)
        yield row.path, row.mode, digest.of_bytes(answer.data)


def damaged(commit: str, what: str) -> SnapshotCorrupt:
    return SnapshotCorrupt(
        f"code snapshot '{commit[:12]}' is corrupt: {what} is missing or damaged", hint="restrike store check"
    )


def _check(commit: str, found: str, stated: str, expected: str | None) -> None:
    if found != stated or (expected is not None and found != expected):
        raise SnapshotCorrupt(
            f"code snapshot '{commit[:12]}' is corrupt: its files do not have the fingerprint that was recorded",
            details=(f"recorded  {expected or stated}", f"found     {found}"),
            hint="restrike store check",
        )


def _make_folders(root: Path, rows: list[Row]) -> None:
    folders = {""}
    for row in rows:
        folder = row.path.rpartition("/")[0]
        while folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    for folder in sorted(folders):
        (root / folder).mkdir()
        (root / folder).chmod(0o755)  # whatever the umask is


def _place(root: Path, row: Row, data: bytes) -> None:
    path = f"{root}/{row.path}"
    if row.mode == LINK:
        os.symlink(data, os.fsencode(path))
        return
    mode = 0o755 if row.mode == PROGRAM else 0o644
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    with open(descriptor, "wb", buffering=0) as stream:
        view = memoryview(data)
        while view:
            view = view[stream.write(view) or 0 :]
        os.fchmod(descriptor, mode)
        # The same file has the same time wherever it is restored, and other content of the same size another one:
        # a .pyc is taken for current by time and size alone.
        moment = _EPOCH + int(row.blob[:7], 16)
        os.utime(descriptor, (moment, moment))
