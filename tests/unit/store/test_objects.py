"""Bytes go in once and come out as they went in, or not at all."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import shutil
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restrike.base import digest as digests
from restrike.store import Store
from restrike.store.errors import FileChanged, ObjectCorrupt, ObjectMissing, Unstorable

LARGE = os.urandom(5 << 20)  # over the size from which verification is remembered


def test_what_goes_in_comes_out(store: Store, tmp_path: Path) -> None:
    @settings(max_examples=40, deadline=None)
    @given(st.binary(max_size=2000))
    def check(data: bytes) -> None:
        digest = store.put_bytes(data)
        assert digest == hashlib.sha256(data).hexdigest()
        assert store.get_bytes(digest) == data == store.path_of(digest).read_bytes()
        assert store.has(digest)
        assert store.size_of(digest) == len(data)
        store.place(digest, tmp_path / "copy")
        assert (tmp_path / "copy").read_bytes() == data

    check()


@pytest.mark.parametrize("data", [b"", b"small", LARGE])
def test_each_way_in_gives_the_same_object(store: Store, tmp_path: Path, data: bytes) -> None:
    source = tmp_path / "source"
    source.write_bytes(data)
    digest = digests.of_bytes(data)
    assert store.put_file(source) == (digest, len(data))
    assert store.put_stream(io.BytesIO(data)) == (digest, len(data))
    assert store.put_bytes(data) == digest
    assert source.read_bytes() == data
    assert store.put_file(source, move=True) == (digest, len(data))
    assert not source.exists()
    assert store.get_bytes(digest) == data


@pytest.mark.parametrize("data", [b"small", LARGE])
def test_move_takes_the_file_itself(store: Store, tmp_path: Path, data: bytes) -> None:
    source = tmp_path / "source"
    source.write_bytes(data)
    inode = source.stat().st_ino
    digest, _ = store.put_file(source, move=True)
    path = store.path_of(digest)
    assert path.stat().st_ino == inode
    assert stat.S_IMODE(path.stat().st_mode) == 0o444


def test_move_copies_a_file_that_has_a_second_name(store: Store, tmp_path: Path) -> None:
    source, twin = tmp_path / "source", tmp_path / "twin"
    source.write_bytes(b"shared")
    os.link(source, twin)
    digest, _ = store.put_file(source, move=True)
    twin.write_bytes(b"spoilt")
    assert store.get_bytes(digest) == b"shared"
    assert not source.exists()


def test_move_through_a_link_leaves_what_it_points_to(store: Store, tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"kept")
    (tmp_path / "link").symlink_to("target")
    digest, _ = store.put_file(tmp_path / "link", move=True)
    assert store.get_bytes(digest) == b"kept"
    assert (tmp_path / "target").read_bytes() == b"kept"


def test_objects_and_copies_never_share_an_inode_with_the_users_files(store: Store, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(LARGE)
    digest, _ = store.put_file(tmp_path / "source")
    store.place(digest, tmp_path / "copy", mode=0o644)
    (tmp_path / "source").write_bytes(b"edited")
    (tmp_path / "copy").write_bytes(b"edited")
    assert store.get_bytes(digest) == LARGE


def test_place_replaces_and_sets_the_mode(store: Store, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"old")
    store.place(store.put_bytes(b"new"), target, mode=0o640)
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == [".restrike", "target"]


@pytest.mark.parametrize("data", [b"x", b"a few bytes", bytes(200_000), LARGE])
def test_a_flipped_bit_anywhere_is_refused(store: Store, tmp_path: Path, data: bytes) -> None:
    digest = store.put_bytes(data)
    store.path_of(digest)  # so that the verification is remembered where it is
    path = store.root / "objects" / digest[:2] / digest
    for position in {0, len(data) // 2, len(data) - 1}:
        _flip(path, position)
        for read in (
            lambda: store.get_bytes(digest),
            lambda: store.path_of(digest),
            lambda: store.place(digest, tmp_path / "target"),
        ):
            with pytest.raises(ObjectCorrupt) as caught:
                read()
            assert digest in caught.value.what
            assert caught.value.where == str(path)
        assert not (tmp_path / "target").exists()
        _flip(path, position)
        assert store.get_bytes(digest) == data


@pytest.mark.parametrize("length", [0, 1, 4096])
def test_a_truncated_object_is_refused(store: Store, length: int) -> None:
    digest = store.put_bytes(LARGE)
    path = store.path_of(digest)
    os.chmod(path, 0o644)
    os.truncate(path, length)
    for read in (store.get_bytes, store.path_of):
        with pytest.raises(ObjectCorrupt):
            read(digest)


def test_an_object_that_became_a_link_or_a_pipe_is_refused(store: Store, tmp_path: Path) -> None:
    digest = store.put_bytes(b"bytes")
    path = store.path_of(digest)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ObjectCorrupt):
        store.get_bytes(digest)
    assert not store.has(digest)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ObjectCorrupt):
        store.get_bytes(digest)


def test_a_missing_object_is_named(store: Store, tmp_path: Path) -> None:
    digest = digests.of_bytes(b"never stored")
    assert not store.has(digest)
    for read in (store.get_bytes, store.path_of, store.size_of, lambda name: store.place(name, tmp_path / "target")):
        with pytest.raises(ObjectMissing, match=digest):
            read(digest)
    assert store.absent({digest, store.put_bytes(b"stored")}) == {digest}


@pytest.mark.parametrize("digest", ["", "../format", "AB" * 32, "0" * 63, "0" * 64 + "\n"])
def test_only_digests_name_objects(store: Store, digest: str) -> None:
    with pytest.raises(ValueError, match="not a SHA-256 digest"):
        store.has(digest)


@pytest.mark.parametrize("data", [b"small", LARGE])
def test_putting_again_heals_a_damaged_object(store: Store, data: bytes) -> None:
    digest = store.put_bytes(data)
    _flip(store.path_of(digest), 2)
    assert store.put_bytes(data) == digest
    assert store.get_bytes(digest) == data


def test_a_large_object_is_hashed_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = store.put_bytes(LARGE)
    monkeypatch.setattr(digests, "of_stream", _refuse)
    assert store.path_of(digest).stat().st_size == len(LARGE)
    assert Store.open(store.root).path_of(digest).is_file()
    shutil.rmtree(store.root / "cache")
    with pytest.raises(AssertionError):
        Store.open(store.root).path_of(digest)


@pytest.mark.parametrize("spoil", [b"", b"[", b"{}", b"[1, 2, 3, 4]", b"\xff"])
def test_a_damaged_cache_costs_hashing_and_nothing_else(store: Store, spoil: bytes) -> None:
    digest = store.put_bytes(LARGE)
    (store.root / "cache" / "verified" / digest[:2] / digest).write_bytes(spoil)
    again = Store.open(store.root)
    assert again.path_of(digest).is_file()
    assert Store.open(store.root).path_of(digest).is_file()
    _flip(store.path_of(digest), 7)
    with pytest.raises(ObjectCorrupt):
        again.path_of(digest)


def test_a_file_that_changes_while_it_is_read_is_refused(store: Store, tmp_path: Path) -> None:
    source = tmp_path / "log"
    source.write_bytes(bytes(1 << 20))
    before = os.stat(source)

    class Growing(io.FileIO):
        def readinto(self, buffer: object) -> int | None:  # type: ignore[override]
            count = super().readinto(buffer)  # type: ignore[arg-type]
            with open(source, "ab") as stream:
                stream.write(b"line\n")
            return count

    from restrike.store import intake

    def opened(path: Path, *_: object, **__: object) -> io.FileIO:
        return Growing(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(vars(intake), "open", lambda path, mode="r", **kwargs: _open(opened, path, mode, kwargs))
        with pytest.raises(FileChanged, match="log"):
            store.put_file(source)
    assert not list((store.root / "objects").rglob("*"))
    assert source.stat().st_size > before.st_size


def test_what_is_no_file_is_refused_without_waiting(store: Store, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Unstorable, match="pipe"):
        store.put_file(tmp_path / "pipe")


def test_an_unreadable_disk_is_a_damaged_object(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = store.put_bytes(b"bytes")

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(digests, "of_stream", fail)
    with pytest.raises(ObjectCorrupt, match="input/output error"):
        store.path_of(digest)


def _open(opened: object, path: object, mode: str, kwargs: dict[str, object]) -> object:
    if mode == "rb":
        return opened(path)  # type: ignore[operator]
    return open(path, mode, **kwargs)  # type: ignore[call-overload]


def _refuse(*_: object) -> None:
    raise AssertionError("hashed again")


def _flip(path: Path, position: int) -> None:
    os.chmod(path, 0o644)
    with open(path, "r+b") as stream:
        stream.seek(position)
        byte = stream.read(1)[0]
        stream.seek(position)
        stream.write(bytes([byte ^ 16]))
    os.chmod(path, 0o444)
