"""A project with a store and a data file."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from restrike.store import Store

ROWS = "age,sex,paid\n" + "".join(f"{20 + n},{'mf'[n % 2]},{n / 4}\n" for n in range(40))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    project = tmp_path / "ü project"
    (project / "data").mkdir(parents=True)
    (project / "data" / "people.csv").write_text(ROWS)
    return project


@pytest.fixture
def store(project: Path) -> Store:
    return Store.create(project / ".restrike")


@pytest.fixture
def at_rest() -> Callable[[], None]:
    """Wait until files written so far are old enough for their status to be trusted."""
    return lambda: time.sleep(0.05)


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From the call on, fail whenever a file of the project is stored again."""

    def forbid() -> None:
        def fail(self: Store, path: os.PathLike[str], **_: object) -> tuple[str, int]:
            raise AssertionError(f"{path} was read")

        monkeypatch.setattr(Store, "put_file", fail)

    return forbid
