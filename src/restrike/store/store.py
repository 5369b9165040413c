"""The store: objects, trees of them, and the ledger, in one folder that any number of processes may use at once."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from restrike.base import atomic
from restrike.store import audit, trees
from restrike.store.audit import Problem, Progress, Swept
from restrike.store.errors import NotAStore, RecordCorrupt, StoreTooNew, TargetOccupied
from restrike.store.intake import Intake
from restrike.store.ledger import Ledger
from restrike.store.objects import Objects
from restrike.store.scratch import Scratch, remove, sibling
from restrike.store.trees import TreeEntry
from restrike.store.verified import Verified

FORMAT = "restrike.store/1"
FOLDERS = ("objects", "ledger", "tmp", "cache")


class Store:
    """Bytes by their SHA-256, and the ledger. Whatever is handed out has been verified."""

    def __init__(self, root: Path):
        self.root = root
        self.cache = root / "cache"
        self._scratch = Scratch(root / "tmp")
        self._objects = Objects(root / "objects", Verified(self.cache / "verified"))
        self._intake = Intake(self._objects, self._scratch)
        self._ledger = Ledger(root / "ledger", self._scratch)

    @classmethod
    def create(cls, root: Path) -> Store:
        """Make a store, or open the one that is there."""
        if not (root / "format").exists():
            with atomic.told_plainly(root):
                for name in FOLDERS:
                    (root / name).mkdir(parents=True, exist_ok=True)
            atomic.write(root / "format", f"{FORMAT}\n".encode())
        return cls.open(root)

    @classmethod
    def open(cls, root: Path) -> Store:
        """Open a store. Raise NotAStore or StoreTooNew."""
        try:
            text = (root / "format").read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise NotAStore(f"'{root}' is not a restrike store", hint="restrike init") from None
        if text != FORMAT:
            version = re.fullmatch(r"restrike\.store/(\d{1,9})", text)
            if version is None or int(version[1]) < 1:
                raise NotAStore(f"'{root}' is not a restrike store: its format is '{text[:40]}'")
            raise StoreTooNew(
                f"the store '{root}' has format '{text}'; this restrike knows up to '{FORMAT}'",
                where=str(root / "format"),
                hint="python -m pip install --upgrade restrike",
            )
        return cls(root)

    def put_bytes(self, data: bytes) -> str:
        """Store bytes and return their digest."""
        return self._intake.put_bytes(data)

    def put_file(self, path: Path, *, move: bool = False) -> tuple[str, int]:
        """Store a file's bytes and return digest and size. With `move` the file is gone afterwards.

        Raise FileChanged if it is written to meanwhile.
        """
        return self._intake.put_file(path, move=move)

    def put_stream(self, stream: BinaryIO) -> tuple[str, int]:
        """Store what is left in a stream and return digest and size."""
        return self._intake.put_stream(stream)

    def batch(self) -> AbstractContextManager[None]:
        """Let the puts of this thread in the block share one wait for the disk.

        They can be read at once, survive a crash once the block has ended, and are forgotten if it raises.
        """
        return self._intake.batch()

    def get_bytes(self, digest: str) -> bytes:
        """Return an object's bytes. Raise ObjectMissing or ObjectCorrupt."""
        return self._named(digest).get_bytes(digest)

    def place(self, digest: str, target: Path, *, mode: int = 0o444) -> None:
        """Write a copy of an object, replacing the target in one step. Raise ObjectMissing or ObjectCorrupt."""
        self._named(digest).place(digest, target, mode)

    def path_of(self, digest: str) -> Path:
        """Return the path of a sound object, to be read and never written to. Raise ObjectMissing or ObjectCorrupt."""
        return self._named(digest).path_of(digest)

    def is_sound(self, digest: str) -> bool:
        """Tell whether an object is there with the bytes that it should have."""
        return self._named(digest).is_sound(digest)

    def has(self, digest: str) -> bool:
        """Tell whether an object is there, without reading it."""
        return self._intake.pending(digest) is not None or self._objects.status(digest) is not None

    def absent(self, digests: Collection[str]) -> set[str]:
        """Return those of the objects that are not there, without reading any."""
        self._intake.flush()
        return self._objects.absent(digests)

    def size_of(self, digest: str) -> int:
        """Return an object's size in bytes, without reading it. Raise ObjectMissing."""
        return self._named(digest).size_of(digest)

    def put_tree(self, folder: Path) -> str:
        """Store a folder, files first, and return the digest of its manifest. Links are stored as links."""
        with self.batch():
            entries = []
            for entry, path in trees.scan(folder):
                if entry.link is None and not entry.path.endswith("/"):
                    digest, size = self.put_file(path)
                    entry = replace(entry, digest=digest, size=size)
                entries.append(entry)
            return self.put_manifest(entries)

    def put_manifest(self, entries: Iterable[TreeEntry]) -> str:
        """Store the listing of a folder whose files are objects already; return its digest."""
        data = trees.dump(entries)
        self._intake.flush()
        return self.put_bytes(data)

    def read_tree(self, digest: str) -> list[TreeEntry]:
        """Return a stored folder's entries. Raise ObjectMissing, ObjectCorrupt or TreeInvalid."""
        return trees.parse(self.get_bytes(digest), digest)

    def place_tree(self, digest: str, target: Path, *, mode: int = 0o444) -> None:
        """Write a stored folder, which takes its name only when it is whole.

        Executable files get the execute bits beside `mode`. Raise TargetOccupied unless the target is absent or empty.
        """
        entries = self.read_tree(digest)
        if target.is_symlink() or (target.exists() and (not target.is_dir() or any(target.iterdir()))):
            raise TargetOccupied(f"'{target}' is there already, and not empty", hint=f"mv '{target}' '{target}.old'")
        temporary = sibling(target)
        with atomic.told_plainly(target):
            try:
                temporary.mkdir()
                for entry in entries:
                    self._place_entry(entry, temporary / entry.path, mode)
                temporary.rename(target)
            except BaseException:
                remove(temporary)
                raise

    def temporary(self) -> AbstractContextManager[Path]:
        """Give an empty folder on the store's file system, removed afterwards."""
        return self._scratch.temporary()

    def append(self, record: dict[str, Any]) -> str:
        """Add a record to the ledger and return its digest; what it may name is on the disk before it."""
        self._intake.flush()
        return self._ledger.append(record)

    def record(self, digest: str) -> dict[str, Any]:
        """Return a record. Raise RecordMissing or RecordCorrupt."""
        return self._ledger.read(digest)

    def has_record(self, digest: str) -> bool:
        """Tell whether a record is there, without reading it."""
        return self._ledger.locate(digest).is_file()

    def records(
        self, *, containing: bytes = b"", damaged: Callable[[RecordCorrupt], None] | None = None
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give all records with their digests; `containing` leaves out those without these bytes.

        Raise RecordCorrupt at a damaged one, or hand it to `damaged` and go on.
        """
        return self._ledger.read_all(containing=containing, damaged=damaged)

    def record_digests(self) -> Iterator[str]:
        """Give the digests of all records, without reading them."""
        return self._ledger.digests()

    def object_digests(self) -> Iterator[str]:
        """Give the names of all objects, without reading them."""
        return (entry.name for entry in self._objects.list())

    def distrust(self) -> None:
        """Drop every cache that spares reading data again: once damage was seen, what is there is stored anew."""
        for name in ("data", "verified"):
            remove(self.cache / name)

    def check(self, progress: Progress | None = None, *, named: Iterable[str] = ()) -> Iterator[Problem]:
        """Hash everything again and tell what is wrong. `named` are digests that must be there."""
        return audit.check(self._objects, self._ledger, named, progress)

    def sweep(self, reachable: set[str], *, dry_run: bool = False, older_than_s: float = 3600) -> Swept:
        """Remove objects that nothing reaches. What a reachable tree lists is reachable; young objects are spared."""
        with contextlib.suppress(FileNotFoundError):
            self._scratch.sweep()
        return audit.sweep(self._objects, self._scratch, reachable, older_than_s, dry_run)

    def _named(self, digest: str) -> Objects:
        """Return the objects, this one among them even if it was put in a batch that is still open."""
        if self._intake.pending(digest) is not None:
            self._intake.flush()
        return self._objects

    def _place_entry(self, entry: TreeEntry, path: Path, mode: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if entry.link is not None:
            path.symlink_to(entry.link)
        elif entry.is_file:
            self.place(entry.digest, path, mode=mode | (mode & 0o444) >> 2 if entry.executable else mode)
        else:
            path.mkdir()
