"""A project: a folder with `restrike.yaml`, its store, its ledger and its code repository."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
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
_STORE_LINE = re.compile(
    rb"""^store:[ \t]+(?P<place>"[^"\n]+"|'[^'\n]+'|[^\s#"'&*!|>{\[][^#\n]*?)[ \t]*(?:#.*)?\r?$""", re.M
)


class NotAProject(RestrikeError):
    """Neither this folder nor any above it is a restrike project."""

    code = "R004"


class StoreUnclear(RestrikeError):
    """The place of the store is not written where it is looked for: on one line of restrike.yaml."""

    code = "R006"


@dataclass(frozen=True)
class Project:
    """A project's folder. Nothing is opened or read before it is asked for."""

    root: Path

    @cached_property
    def store_root(self) -> Path:
        """The store's folder: `.restrike`, or what the config's line `store:` says.

        Read without the rest, for what spares reading the config lies in the store.
        """
        try:
            line = _STORE_LINE.search((self.root / CONFIG).read_bytes())
        except OSError:
            line = None
        return self._store_at(line["place"].decode("utf-8", "replace").strip("\"'") if line else STORE)

    def _store_at(self, place: str) -> Path:
        return Path(os.path.normpath(self.root / os.path.expanduser(place)))

    def config(self, overrides: Sequence[str] = ()) -> Config:
        """Return the project's resolved config."""
        is_there = (self.store_root / "format").exists()
        kept = Store.open(self.store_root).cache / "config" if is_there else None  # never into a newer version's store
        loaded = config.load(self.root / CONFIG, overrides=overrides, cache=kept)
        if self._store_at(loaded.store or STORE) != self.store_root:
            raise StoreUnclear(
                f"the store is to be at '{loaded.store or STORE}', and was looked for at '{self.store_root}'",
                where=str(self.root / CONFIG),
                hint=f"write it into {CONFIG}, on a line of its own:  store: {loaded.store or STORE}",
            )
        return loaded

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
