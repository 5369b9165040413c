"""Listings of folders: sorted in every step, so that the order in which a disk holds names cannot come out."""

from __future__ import annotations

import os

from restrike.worker.trace.standins import put

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class _Entries:
    """What `os.scandir` returns, sorted by name."""

    def __init__(self, entries: Any, *, backwards: bool):
        with entries:
            found = sorted(entries, key=_name, reverse=backwards)
        self._entries: Iterator[Any] = iter(found)

    def __iter__(self) -> Iterator[Any]:
        return self._entries

    def __next__(self) -> Any:
        return next(self._entries)

    def __enter__(self) -> _Entries:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self._entries = iter(())


def _name(entry: Any) -> Any:
    return entry.name


class Order:
    """The one order in which this process sees folders, for the rest of its life."""

    def __init__(self) -> None:
        self.backwards = False
        listdir, scandir = os.listdir, os.scandir

        def names(path: Any = None) -> list[Any]:
            return sorted(listdir(path), reverse=self.backwards)

        def entries(path: Any = None) -> _Entries:
            return _Entries(scandir(path), backwards=self.backwards)

        put(os, "listdir", names)
        put(os, "scandir", entries)


def tame_pathlib(module: Any) -> None:
    """Give pathlib of Python 3.10 the listings that all others have; it keeps functions of its own."""
    accessor = getattr(module, "_NormalAccessor", None)
    if accessor is not None:
        accessor.listdir, accessor.scandir = staticmethod(os.listdir), staticmethod(os.scandir)
