"""Files are read once, whole, and again whenever they could have changed."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from restrike.code import Limits
from restrike.code import scan as scanning
from restrike.code.scan import RACY_NS, Scan, scan


class Reader:
    """Takes the bytes that are kept, and does something at the chosen read."""

    def __init__(self, meanwhile=None):
        self.reads: list[bytes] = []
        self.meanwhile = meanwhile or (lambda count: None)

    def __call__(self, data: bytes) -> str:
        self.reads.append(data)
        self.meanwhile(len(self.reads))
        return f"{len(data)}:{data[:10]!r}"


def look(folder: Path, reader: Reader, known: Scan | None = None) -> Scan:
    status = {path.name: path.lstat() for path in folder.iterdir()}
    entries = known.entries if known else {}
    return scan(folder, status, known=entries, limits=Limits(), unlimited=lambda path: False, keep=reader)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files that have been at rest for long."""
    folder = tmp_path / "files"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / name).write_text(name)
    return folder


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch):
    """A clock far enough ahead for what was just written to be settled."""
    real = time.time_ns
    monkeypatch.setattr(scanning.time, "time_ns", lambda: real() + 2 * RACY_NS)


def test_settled_files_are_not_read_again(folder, later):
    first = look(folder, Reader())
    reader = Reader()
    second = look(folder, reader, first)
    assert reader.reads == []
    assert second.entries == first.entries
    assert (first.read, second.read) == (True, False)


def test_files_changed_just_before_they_were_read_are_read_again(folder):
    first = look(folder, Reader())
    reader = Reader()
    look(folder, reader, first)
    assert sorted(reader.reads) == [b"a", b"b"]


def test_an_edit_of_the_same_size_with_its_time_put_back_is_seen(folder, later):
    first = look(folder, Reader())
    before = (folder / "a").stat()
    (folder / "a").write_text("x")
    os.utime(folder / "a", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert look(folder, Reader(), first).entries["a"].sha256 != first.entries["a"].sha256


def test_a_change_of_mode_alone_is_seen(folder, later):
    first = look(folder, Reader())
    (folder / "a").chmod(0o755)
    assert look(folder, Reader(), first).entries["a"].mode == "100755"


def test_a_file_exchanged_for_a_link_is_seen(folder, later):
    first = look(folder, Reader())
    (folder / "a").unlink()
    (folder / "a").symlink_to("b")
    assert look(folder, Reader(), first).entries["a"].mode == "120000"


def test_a_file_edited_while_others_are_read_is_read_again(folder):
    def edit(count: int) -> None:
        if count == 2:
            (folder / "a").write_text("edited meanwhile")

    result = look(folder, Reader(edit))
    assert result.entries["a"].size == len("edited meanwhile")
    assert result.left_out == []


def test_a_file_removed_or_exchanged_meanwhile_is_not_half_there(folder):
    def remove(count: int) -> None:
        if count == 1:
            (folder / "b").unlink()

    assert list(look(folder, Reader(remove)).entries) == ["a"]
    (folder / "b").write_text("b")

    def exchange(count: int) -> None:
        if count == 1:
            (folder / "b").unlink()
            (folder / "b").symlink_to("a")

    assert look(folder, Reader(exchange)).entries["b"].mode == "120000"


def test_a_file_that_never_rests_is_left_out_and_told(folder):
    def grow(count: int) -> None:
        with (folder / "a").open("a") as stream:
            stream.write("more")

    result = look(folder, Reader(grow))
    assert list(result.entries) == ["b"]
    assert [(item.path, item.reason) for item in result.left_out] == [("a", "kept changing")]


def test_whatever_an_editor_does_the_snapshot_is_one_of_its_versions(code, checkout, tmp_path):
    versions = {f"version {number}\n" + "x" * 50_000: number for number in range(2)}
    stop = threading.Event()

    def edit() -> None:
        while not stop.is_set():
            for text in versions:
                new = checkout / "score.py.new~"
                new.write_text(text)
                new.rename(checkout / "score.py")
                time.sleep(0.02)

    editor = threading.Thread(target=edit)
    editor.start()
    try:
        for number in range(8):
            snapshot = code.capture(checkout)
            code.restore(snapshot.commit, tmp_path / f"out{number}", fingerprint=snapshot.fingerprint)
            found = tmp_path / f"out{number}" / "score.py"
            assert not found.exists() or found.read_text() in {*versions, "print('score')\n"}
    finally:
        stop.set()
        editor.join()


def test_a_damaged_memory_counts_as_none(code, checkout):
    expected = code.capture(checkout)
    (memory,) = (code.git_dir / "restrike" / "memory").glob("*.json")
    good = memory.read_bytes()
    for bad in (b"", b"x", good[:-5], good.replace(b"score.py", b"score.qy"), good.replace(b'"entries"', b'"entrees"')):
        memory.write_bytes(bad)
        assert code.capture(checkout) == expected
    assert memory.read_bytes().partition(b"\n")[2].startswith(b'{"format"')
