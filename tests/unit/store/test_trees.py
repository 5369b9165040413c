"""A folder comes back as it was, and never writes outside the place it is given."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restrike.base import canonical
from restrike.store import Store, TreeEntry, trees
from restrike.store.errors import ObjectCorrupt, ObjectMissing, TargetOccupied, TreeInvalid, Unstorable


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "ä folder"
    (folder / "sub" / "empty").mkdir(parents=True)
    (folder / "!important.txt").write_bytes(b"tagged in canonical JSON")
    (folder / "sub" / "run.sh").write_bytes(b"#!/bin/sh\n")
    (folder / "sub" / "run.sh").chmod(0o755)
    (folder / "sub" / "twin").write_bytes(b"#!/bin/sh\n")
    (folder / "link").symlink_to("sub/run.sh")
    (folder / "broken").symlink_to("!nowhere")
    return folder


def test_a_folder_comes_back_as_it_was(store: Store, folder: Path, tmp_path: Path) -> None:
    digest = store.put_tree(folder)
    store.place_tree(digest, tmp_path / "again", mode=0o644)
    assert _listing(tmp_path / "again") == _listing(folder)
    assert store.put_tree(tmp_path / "again") == digest
    assert store.get_bytes(digest) == canonical.dumps(canonical.loads(store.get_bytes(digest)))


def test_the_listing_is_sorted_and_exact(store: Store, folder: Path) -> None:
    entries = store.read_tree(store.put_tree(folder))
    assert [entry.path for entry in entries] == [
        "!important.txt", "broken", "link", "sub/empty/", "sub/run.sh", "sub/twin",
    ]  # fmt: skip
    assert [entry.executable for entry in entries] == [False, False, False, False, True, False]
    assert [entry.link for entry in entries] == [None, "!nowhere", "sub/run.sh", None, None, None]
    assert entries[4].digest == entries[5].digest
    assert entries[5].size == 10


def test_placing_is_whole_or_not_at_all(store: Store, folder: Path, tmp_path: Path) -> None:
    digest = store.put_tree(folder)
    leaf = store.path_of(store.read_tree(digest)[5].digest)
    leaf.chmod(0o644)
    leaf.write_bytes(b"#!/bin/sj\n")
    with pytest.raises(ObjectCorrupt):
        store.place_tree(digest, tmp_path / "target")
    leaf.unlink()
    with pytest.raises(ObjectMissing):
        store.place_tree(digest, tmp_path / "target")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".restrike", "ä folder"]


def test_what_is_there_is_not_overwritten(store: Store, folder: Path, tmp_path: Path) -> None:
    digest = store.put_tree(folder)
    with pytest.raises(TargetOccupied):
        store.place_tree(digest, folder)
    (tmp_path / "empty").mkdir()
    store.place_tree(digest, tmp_path / "empty")
    assert (tmp_path / "empty" / "link").is_symlink()


def test_pipes_and_strange_names_are_refused(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    os.mkfifo(folder / "pipe")
    with pytest.raises(Unstorable, match="pipe"):
        store.put_tree(folder)
    (folder / "pipe").unlink()
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9")).write_bytes(b"latin-1")
    with pytest.raises(Unstorable, match=r"caf\\xe9"):
        store.put_tree(folder)


FILE = {"digest": "ab" * 32, "executable": False, "size": 1}


@pytest.mark.parametrize(
    "entries",
    [
        [{"path": "../out", **FILE}],
        [{"path": "/etc/passwd", **FILE}],
        [{"path": "a/../../out", **FILE}],
        [{"path": "", **FILE}],
        [{"path": "a//b", **FILE}],
        [{"path": "./a", **FILE}],
        [{"path": "a\0b", **FILE}],
        [{"path": "a", "link": "/etc"}, {"path": "a/passwd", **FILE}],
        [{"path": "a", **FILE}, {"path": "a", **FILE}],
        [{"path": "a/"}, {"path": "a", **FILE}],
        [{"path": "a"}],
        [{"path": "a", **FILE, "size": -1}],
        [{"path": "a", **FILE, "digest": "../../../etc/passwd"}],
        ["a"],
        {},
        None,
    ],
)
def test_a_hostile_listing_is_refused(store: Store, tmp_path: Path, entries: Any) -> None:
    digest = store.put_bytes(canonical.dumps({"format": trees.FORMAT, "entries": entries or 3}))
    with pytest.raises(TreeInvalid, match=digest):
        store.place_tree(digest, tmp_path / "target")
    assert not (tmp_path / "target").exists()


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b'{"format":"restrike.tree/2","entries":[]}'])
def test_what_is_no_listing_is_refused(store: Store, data: bytes) -> None:
    with pytest.raises(TreeInvalid):
        store.read_tree(store.put_bytes(data))


_name = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=8)
_path = st.lists(_name.filter(lambda name: name not in (".", "..")), min_size=1, max_size=3).map("/".join)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(_path, st.booleans(), st.none() | _name), max_size=6, unique_by=lambda item: item[0]))
def test_listings_are_canonical_and_read_back(items: list[tuple[str, bool, str | None]]) -> None:
    entries = [
        TreeEntry(path, link=link) if link is not None else TreeEntry(path, "cd" * 32, 7, executable)
        for path, executable, link in items
    ]
    data = trees.dump(entries)
    assert data == canonical.dumps(canonical.loads(data))
    assert trees.looks_like(data)
    paths = {entry.path for entry in entries}
    if not any(path.startswith(other + "/") for path in paths for other in paths):
        assert trees.parse(data, "a digest") == sorted(entries, key=lambda entry: entry.path)


def _listing(folder: Path) -> list[tuple[str, int, bytes | str]]:
    found: list[tuple[str, int, bytes | str]] = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            found.append((str(path.relative_to(folder)), 0, os.readlink(path)))
        else:
            content = path.read_bytes() if path.is_file() else b""
            found.append((str(path.relative_to(folder)), path.stat().st_mode & 0o777, content))
    return found
