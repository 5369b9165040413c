"""Git's objects as bytes: ids, trees, commits, packs, and reading them back with their digest checked.

restrike writes objects itself and hands them to git as a pack, as a push would: the bytes stored are the bytes that
were hashed, and no index, lock, attribute or filter is involved.
"""

from __future__ import annotations

import contextlib
import hashlib
import subprocess
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Literal

from restrike.base import atomic, process
from restrike.base.errors import ProgramMissing
from restrike.code import git

TREE = "40000"
LINK, FILE, PROGRAM, SUBMODULE = "120000", "100644", "100755", "160000"

_PACK_KINDS = {"commit": 1, "tree": 2, "blob": 3}
_UNPACK_BELOW = 100  # fewer objects than this become loose ones, as in git itself: a pack each would soon be too many
_REQUESTS = 64  # ids asked for at once: they fit into a pipe, so that neither side can block the other


def identify(kind: str, data: bytes, algorithm: str = "sha1") -> str:
    """Return the id that git gives an object."""
    hasher = hashlib.new(algorithm, b"%s %d\0" % (kind.encode(), len(data)), usedforsecurity=False)
    hasher.update(data)
    return hasher.hexdigest()


@dataclass(frozen=True)
class Forest:
    """The tree objects of a listing: the root's id and every tree by its id."""

    root: str
    trees: dict[str, bytes]


def plant(files: Iterable[tuple[str, str, str]]) -> Forest:
    """Return the trees for (path, mode, object id) rows. Raise ValueError where a file would also be a folder."""
    folders: dict[str, dict[str, tuple[str, str]]] = {"": {}}
    for path, mode, identity in files:
        folder, _, name = path.rpartition("/")
        _open_folder(folders, folder)
        if folders[folder].setdefault(name, (mode, identity)) != (mode, identity):
            raise ValueError(f"'{path}' is both a file and a folder")
    trees: dict[str, bytes] = {}
    identity = ""
    for folder in sorted(folders, key=lambda path: path.count("/") + bool(path), reverse=True):
        data = _tree(folders[folder])
        identity = identify("tree", data)
        trees[identity] = data
        if folder:
            parent, _, name = folder.rpartition("/")
            folders[parent][name] = (TREE, identity)
    return Forest(identity, trees)


def _open_folder(folders: dict[str, dict[str, tuple[str, str]]], path: str) -> None:
    while path not in folders:
        folders[path] = {}
        path, _, name = path.rpartition("/")
        if folders.setdefault(path, {}).setdefault(name, (TREE, "")) != (TREE, ""):
            raise ValueError(f"'{name}' is both a file and a folder")
        if not path:
            return


def _tree(entries: Mapping[str, tuple[str, str]]) -> bytes:
    rows = []
    for name, (mode, identity) in entries.items():
        raw = name.encode("utf-8")
        order = raw + b"/" if mode == TREE else raw  # git compares a folder as if its name ended in a slash
        rows.append((order, b"%s %s\0" % (mode.encode(), raw) + bytes.fromhex(identity)))
    return b"".join(row for _, row in sorted(rows))


def commit(tree: str, message: str) -> bytes:
    """Return a commit without parent, author or date of its own: the same tree is the same commit."""
    who = "restrike <restrike@localhost> 0 +0000"
    return f"tree {tree}\nauthor {who}\ncommitter {who}\n\n{message}\n".encode()


def parse_tree(data: bytes) -> list[tuple[str, str, str]]:
    """Return (mode, name, id) of a tree's entries. Raise ValueError for anything git would not write."""
    entries, position = [], 0
    while position < len(data):
        space = data.index(b" ", position)
        end = data.index(b"\0", space)
        name = data[space + 1 : end].decode("utf-8")
        if name in ("", ".", "..", ".git") or "/" in name:
            raise ValueError(f"'{name}' cannot be a name in a tree")
        entries.append((data[position:space].decode("ascii"), name, data[end + 1 : end + 21].hex()))
        position = end + 21
    if len({name for _, name, _ in entries}) != len(entries):
        raise ValueError("a name appears twice in a tree")
    return entries


class PackWriter:
    """Objects on their way into the repository. Each is added once; nothing is there before `send`."""

    def __init__(self, folder: Path, known: Iterable[str] = ()):
        self.known = set(known)
        self.count = 0
        # Without a name, so that a killed process leaves nothing behind.
        self._stream: BinaryIO = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # lives as long as the writer
        self._stream.write(bytes(12))

    def __enter__(self) -> PackWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    def add(self, kind: str, data: bytes) -> str:
        """Return an object's id, having packed it unless the repository is known to hold it."""
        identity = identify(kind, data)
        if identity not in self.known:
            self.known.add(identity)
            self._stream.write(_entry_header(_PACK_KINDS[kind], len(data)))
            self._stream.write(zlib.compress(data, 1))
            self.count += 1
        return identity

    def send(self, git_dir: Path, *, packed: bool = False) -> None:
        """Hand everything added over to the repository, durably; do nothing if nothing was added.

        Few objects become loose files, unless the repository has them already, or one pack where `packed` asks for it.
        """
        if not self.count:
            return
        self._close_pack()
        atomic.write_point()
        command = ["unpack-objects", "-q"] if self.count < _UNPACK_BELOW and not packed else ["index-pack", "--stdin"]
        done = subprocess.run(
            git.own_command(command),
            cwd=git_dir,
            env=git.variables(),
            stdin=self._stream,
            capture_output=True,
            check=False,
        )
        git.checked(process.Completed(done.returncode, done.stdout, done.stderr), command[0], git_dir)
        atomic.write_point()

    def _close_pack(self) -> None:
        self._stream.seek(0)
        self._stream.write(b"PACK" + (2).to_bytes(4, "big") + self.count.to_bytes(4, "big"))
        self._stream.seek(0)
        digest = hashlib.sha1(usedforsecurity=False)
        while block := self._stream.read(1 << 20):
            digest.update(block)
        self._stream.write(digest.digest())
        self._stream.flush()
        self._stream.seek(0)


def _entry_header(kind: int, size: int) -> bytes:
    first, size = kind << 4 | size & 15, size >> 4
    header = bytearray()
    while size:
        header.append(first | 128)
        first, size = size & 127, size >> 7
    header.append(first)
    return bytes(header)


@dataclass(frozen=True)
class Found:
    """An object as read, its id checked."""

    identity: str
    kind: str
    data: bytes


@dataclass(frozen=True)
class Damaged:
    """An object that could not be read as what it was stored as."""

    identity: str
    reason: Literal["missing", "corrupt"]


class ObjectReader:
    """One `git cat-file` process that hands out objects whose bytes have been checked against their ids."""

    def __init__(self, command: Sequence[str], folder: Path):
        self._command = [*command, "cat-file", "--batch"]
        self._folder = folder
        self._start()

    @classmethod
    def inside(cls, git_dir: Path) -> ObjectReader:
        """Read restrike's own repository."""
        return cls(git.own_command([]), git_dir)

    def __enter__(self) -> ObjectReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def read(self, identities: Iterable[str]) -> Iterator[Found | Damaged]:
        """Yield one answer for each id, in order. Take all of them before asking for more."""
        wanted = list(identities)
        position = 0
        while position < len(wanted):
            batch = wanted[position : position + _REQUESTS]
            self._requests.write("".join(f"{identity}\n" for identity in batch).encode())
            self._requests.flush()
            for identity in batch:
                answer, broken = self._answer(identity)
                position += 1
                if broken:  # git gave up at this object: the others are asked for anew
                    self._stop()
                    self._start()
                yield answer
                if broken:
                    break

    def _answer(self, identity: str) -> tuple[Found | Damaged, bool]:
        header = self._answers.readline().split()
        if len(header) == 2 and header[1] == b"missing":
            return Damaged(identity, "missing"), False
        if len(header) != 3 or not header[2].isdigit():
            return Damaged(identity, "corrupt"), True
        size = int(header[2])
        data = self._answers.read(size + 1)
        if len(data) != size + 1:
            return Damaged(identity, "corrupt"), True
        found = Found(identity, header[1].decode("ascii", "replace"), data[:size])
        algorithm = "sha1" if len(identity) == 40 else "sha256"
        if identify(found.kind, found.data, algorithm) != identity:
            return Damaged(identity, "corrupt"), False
        return found, False

    def _start(self) -> None:
        self._process = process_of(self._command, self._folder)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests, self._answers = self._process.stdin, self._process.stdout

    def _stop(self) -> None:
        self._answers.close()
        with contextlib.suppress(BrokenPipeError):
            self._requests.close()
        self._process.wait()


def process_of(command: Sequence[str], folder: Path) -> subprocess.Popen[bytes]:
    """Start a git process that is talked to while it runs."""
    try:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=git.variables(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except FileNotFoundError as error:
        if not folder.is_dir():
            raise
        raise ProgramMissing("'git' is not installed", hint=process.INSTALL["git"]) from error
