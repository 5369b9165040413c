"""A project: a folder with `restrike.yaml`, its store, its ledger and its code repository."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from restrike import config
from restrike.base.errors import RestrikeError
from restrike.code import CodeRepository
from restrike.config import Config
from restrike.execution.run import Place
from restrike.records.ledger import opened
from restrike.store import Store

CONFIG = "restrike.yaml"
STORE = ".restrike"


class NotAProject(RestrikeError):
    """Neither this folder nor any above it is a restrike project."""

    code = "R004"


@dataclass(frozen=True)
class Project:
    """A project's folder. Nothing is opened or read before it is asked for."""

    root: Path

    @property
    def store_root(self) -> Path:
        return self.root / STORE

    def config(self, overrides: Sequence[str] = ()) -> Config:
        """Return the project's resolved config."""
        is_there = (self.store_root / "format").exists()
        kept = Store.open(self.store_root).cache / "config" if is_there else None  # never into a newer version's store
        return config.load(self.root / CONFIG, overrides=overrides, cache=kept)

    def store(self) -> Store:
        """Open the project's store; make it first if there is none."""
        if (self.store_root / "format").exists():
            return Store.open(self.store_root)
        return Store.create(self.store_root)

    def repository(self) -> CodeRepository:
        return CodeRepository(self.store_root / ".git")

    @contextmanager
    def place(self, progress: Callable[[int], None] | None = None) -> Iterator[Place]:
        """Open store, ledger and code repository."""
        with opened(self.store(), progress) as ledger:
            yield Place(self.root, ledger, self.repository())


def find(start: Path | None = None) -> Project:
    """Return the project that a folder lies in; raise NotAProject if there is none above it either."""
    folder = (start or Path.cwd()).resolve()
    for candidate in (folder, *folder.parents):
        if (candidate / CONFIG).is_file():
            return Project(candidate)
    raise NotAProject(f"'{folder}' is not in a restrike project: no {CONFIG} here or above", hint="restrike init")
