"""Any version comes back, and nothing that is not in the store is ever overwritten."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from restrike import data
from restrike.data.errors import DatasetUnknown, UnsavedData
from restrike.store import Store
from restrike.store.errors import ObjectCorrupt

CSV = "data/people.csv"


@pytest.fixture
def two(store: Store, project: Path) -> list[bytes]:
    """A file and a folder with two versions each; returns the file's contents, oldest first."""
    first = (project / CSV).read_bytes()
    data.add(store, project, CSV)
    data.add(store, project, "data", name="all")
    (project / CSV).write_bytes(b"second\n")
    (project / "data" / "more").write_bytes(b"more")
    data.add(store, project, CSV)
    data.add(store, project, "data", name="all")
    return [first, b"second\n"]


def test_a_file_comes_back(store: Store, project: Path, two: list[bytes]) -> None:
    assert data.checkout(store, project, "people", "@last~1") == project / CSV
    assert (project / CSV).read_bytes() == two[0]
    assert os.access(project / CSV, os.W_OK)
    assert (project / CSV).stat().st_mode & 0o200
    digest = data.log(store, "people")[1]["digest"]
    data.checkout(store, project, "people", digest[:8])
    assert (project / CSV).read_bytes() == two[1]
    assert sorted(os.listdir(project / "data")) == ["more", "people.csv"]


def test_a_folder_comes_back(store: Store, project: Path, two: list[bytes]) -> None:
    data.checkout(store, project, "all", "@last~1")
    assert os.listdir(project / "data") == ["people.csv"]
    assert (project / CSV).read_bytes() == two[0]
    data.checkout(store, project, "all")
    assert sorted(os.listdir(project / "data")) == ["more", "people.csv"]
    assert sorted(os.listdir(project)) == [".restrike", "data"]


def test_a_version_can_go_anywhere(store: Store, project: Path, two: list[bytes], tmp_path: Path) -> None:
    target = tmp_path / "new" / "place.csv"
    assert data.checkout(store, project, "people", "@last~1", target) == target
    assert target.read_bytes() == two[0]
    assert (project / CSV).read_bytes() == two[1]


@pytest.mark.parametrize("name", ["people", "all"])
def test_unsaved_data_is_not_overwritten(store: Store, project: Path, two: list[bytes], name: str) -> None:
    (project / CSV).write_bytes(b"edited since\n")
    with pytest.raises(UnsavedData) as caught:
        data.checkout(store, project, name)
    assert (project / CSV).read_bytes() == b"edited since\n"
    assert str(caught.value.hint).startswith("restrike data add ")
    data.checkout(store, project, name, force=True)
    assert (project / CSV).read_bytes() == two[1]


def test_a_damaged_version_leaves_what_is_there(store: Store, project: Path, two: list[bytes]) -> None:
    path = store.path_of(data.log(store, "people")[0]["digest"])
    path.chmod(0o644)
    path.write_bytes(b"spoilt")
    for name in ("people", "all"):
        with pytest.raises(ObjectCorrupt):
            data.checkout(store, project, name, "@last~1")
    assert (project / CSV).read_bytes() == two[1]
    assert sorted(os.listdir(project)) == [".restrike", "data"]
    assert sorted(os.listdir(project / "data")) == ["more", "people.csv"]


@pytest.mark.parametrize("version", ["@last~2", "zz", "", "@first"])
def test_an_unknown_version_is_told(store: Store, project: Path, two: list[bytes], version: str) -> None:
    with pytest.raises(DatasetUnknown):
        data.checkout(store, project, "people", version)


def test_verify_tells_the_disk_from_the_store(store: Store, project: Path, two: list[bytes]) -> None:
    assert [(found.name, found.state, found.stored) for found in data.verify(store, project)] == [
        ("all", "unchanged", "sound"), ("people", "unchanged", "sound"),
    ]  # fmt: skip
    (project / CSV).write_bytes(b"third\n")
    assert [found.state for found in data.verify(store, project)] == ["changed", "changed"]
    (project / CSV).unlink()
    (found,) = data.verify(store, project, "people")
    assert (found.state, found.found) == ("missing", None)
    path = store.path_of(found.recorded)
    path.chmod(0o644)
    path.write_bytes(b"SECOND\n")
    assert [found.stored for found in data.verify(store, project)] == ["damaged", "damaged"]
    with pytest.raises(DatasetUnknown):
        data.verify(store, project, "nobody")
