"""Data is versioned by content, read only when it changed, and recorded with where it came from."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from restrike import data
from restrike.base import digest as digests
from restrike.data import versions
from restrike.data.errors import DataMissing, DatasetUnknown, DataUnusable, LfsPointer
from restrike.store import Store
from restrike.store.errors import FileChanged, Unstorable

CSV = "data/people.csv"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
Call = Callable[[], None]


def test_a_file_is_its_content(store: Store, project: Path) -> None:
    version = data.snapshot(store, project, "people", CSV)
    assert (version.digest, version.size) == digests.of_file(project / CSV)
    assert (version.kind, version.files, version.new, version.previous) == ("file", 1, True, None)
    assert store.get_bytes(version.digest) == (project / CSV).read_bytes()


def test_a_folder_is_its_files(store: Store, project: Path, tmp_path: Path) -> None:
    (project / "data" / "deep" / "er").mkdir(parents=True)
    (project / "data" / "deep" / "er" / "ünï code.bin").write_bytes(b"\0\1")
    version = data.snapshot(store, project, "all", "data/")
    assert (version.kind, version.files) == ("folder", 2)
    assert [entry.path for entry in store.read_tree(version.digest)] == ["deep/er/ünï code.bin", "people.csv"]
    data.place(store, version.digest, version.kind, tmp_path / "copy")
    assert (tmp_path / "copy" / "deep" / "er" / "ünï code.bin").read_bytes() == b"\0\1"


def test_a_folder_is_the_same_whatever_its_permissions_dates_and_place(
    store: Store, project: Path, tmp_path: Path
) -> None:
    first = data.snapshot(store, project, "a", "data")
    shutil.copytree(project / "data", tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "people.csv").chmod(0o755)
    (tmp_path / "elsewhere" / "empty").mkdir()
    os.utime(tmp_path / "elsewhere" / "people.csv", (1, 1))
    assert data.snapshot(store, project, "b", str(tmp_path / "elsewhere")).digest == first.digest


def test_unchanged_data_is_not_read(store: Store, project: Path, at_rest: Call, unread: Call) -> None:
    at_rest()
    file = data.snapshot(store, project, "people", CSV)
    folder = data.snapshot(store, project, "all", "data")
    unread()
    for before, path in ((file, CSV), (folder, "data")):
        again = data.snapshot(store, project, before.name, path)
        assert (again.digest, again.new, again.record) == (before.digest, False, before.record)
    assert len(data.log(store, "people")) == 1


def test_of_a_folder_only_what_changed_is_read(
    store: Store, project: Path, at_rest: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        (project / "data" / f"{number}.txt").write_text(str(number))
    at_rest()
    data.snapshot(store, project, "all", "data")
    (project / "data" / "3.txt").write_text("4")
    (project / "data" / "0.txt").unlink()
    read = []
    original = Store.put_file
    monkeypatch.setattr(
        Store, "put_file", lambda self, path, **kw: read.append(path.name) or original(self, path, **kw)
    )
    version = data.snapshot(store, project, "all", "data")
    assert read == ["3.txt"]
    assert version.files == 5
    entries = {entry.path: store.get_bytes(entry.digest) for entry in store.read_tree(version.digest)}
    assert entries["3.txt"] == entries["4.txt"] == b"4"
    assert "0.txt" not in entries


def test_a_change_that_keeps_size_and_mtime_is_seen(store: Store, project: Path, at_rest: Call) -> None:
    at_rest()
    first = data.snapshot(store, project, "people", CSV)
    status = os.stat(project / CSV)
    (project / CSV).write_text((project / CSV).read_text().replace("20,m", "21,m"))
    os.utime(project / CSV, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert os.stat(project / CSV).st_size == status.st_size
    second = data.snapshot(store, project, "people", CSV)
    assert second.digest != first.digest
    assert (second.new, second.previous) == (True, first.digest)


def test_a_change_right_after_the_look_is_seen(store: Store, project: Path) -> None:
    for number in range(30):  # without a rest between: several of these share a tick of the clock
        (project / CSV).write_text(f"a\n{number:02}\n")
        version = data.snapshot(store, project, "people", CSV)
        assert store.get_bytes(version.digest) == f"a\n{number:02}\n".encode()


def test_the_record_says_how_when_who_and_where_from(store: Store, project: Path) -> None:
    added = data.add(store, project, CSV)
    (project / CSV).write_text("changed\n")
    found = data.snapshot(store, project, "people", CSV)
    first, second = data.log(store, "people")
    assert first == {**store.record(added.record), "record": added.record}
    assert (first["made"]["how"], second["made"]["how"]) == ("added", "found changed at run")
    assert first["made"]["time"] < second["made"]["time"]
    assert first["made"]["from"] == str(project / CSV)
    assert first["made"]["host"]
    assert (first["previous"], second["previous"]) == (None, added.digest)
    assert (second["digest"], second["size"], second["path"]) == (found.digest, 8, CSV)


def test_going_back_to_an_earlier_content_is_a_version_too(store: Store, project: Path) -> None:
    before = (project / CSV).read_bytes()
    first = data.snapshot(store, project, "people", CSV)
    (project / CSV).write_bytes(b"other\n")
    second = data.snapshot(store, project, "people", CSV)
    (project / CSV).write_bytes(before)
    third = data.snapshot(store, project, "people", CSV)
    assert (third.digest, third.new, third.previous) == (first.digest, True, second.digest)
    assert [version["digest"] for version in data.log(store, "people")] == [first.digest, second.digest, first.digest]


def test_records_from_an_index_are_believed(store: Store, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    version = data.add(store, project, CSV)
    records = [(version.record, store.record(version.record))]
    monkeypatch.setattr(Store, "records", None)
    assert data.log(store, "people", records=records)[0]["digest"] == version.digest
    (project / CSV).write_bytes(b"new\n")
    assert data.snapshot(store, project, "people", CSV, records=records).previous == version.digest


@pytest.mark.parametrize("spoil", ["delete", "garbage", "flip", "empty"])
def test_a_spoilt_cache_costs_reading_and_nothing_else(store: Store, project: Path, at_rest: Call, spoil: str) -> None:
    (project / "data" / "more.txt").write_text("more")
    at_rest()
    first = data.snapshot(store, project, "all", "data")
    (cache,) = (store.cache / "data").iterdir()
    content = bytearray(cache.read_bytes())
    content[len(content) // 2] ^= 1
    new = {"delete": None, "garbage": b"\xff\n{}", "flip": bytes(content), "empty": b""}[spoil]
    cache.unlink()
    if new is not None:
        cache.write_bytes(new)
    again = data.snapshot(store, project, "all", "data")
    assert (again.digest, again.new, again.record) == (first.digest, False, first.record)


def test_objects_that_went_away_are_stored_again(store: Store, project: Path, at_rest: Call) -> None:
    at_rest()
    for name, path in (("people", CSV), ("all", "data")):
        version = data.snapshot(store, project, name, path)
        store.sweep(set(), older_than_s=-1)
        again = data.snapshot(store, project, name, path)
        assert (again.digest, again.new) == (version.digest, False)
        assert list(store.check(named=[version.digest])) == []


def test_a_lost_record_is_written_again(store: Store, project: Path, at_rest: Call) -> None:
    at_rest()
    data.snapshot(store, project, "people", CSV)
    shutil.rmtree(store.root / "ledger")
    (store.root / "ledger").mkdir()
    assert data.snapshot(store, project, "people", CSV).new
    assert len(data.log(store, "people")) == 1


@pytest.mark.parametrize("path", ["data/people.csv", "data"])
def test_a_git_lfs_pointer_is_refused_with_the_way_out(store: Store, project: Path, path: str) -> None:
    (project / CSV).write_bytes(POINTER)
    with pytest.raises(LfsPointer) as caught:
        data.snapshot(store, project, "people", path)
    assert caught.value.what.startswith("'data/people.csv' is a Git LFS pointer")
    assert caught.value.hint == "git lfs pull --include 'data/people.csv'"
    assert list(store.records()) == []


def test_text_about_git_lfs_is_no_pointer(store: Store, project: Path) -> None:
    (project / CSV).write_bytes(b"the " + POINTER)
    (project / "data" / "long.txt").write_bytes(POINTER * 20)
    assert data.snapshot(store, project, "all", "data").files == 2


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("data/peple.csv", "did you mean 'data/people.csv'?"),
        ("dta", "did you mean 'data/'?"),
        ("data/nothing-like-it", None),
    ],
)
def test_missing_data_names_what_is_near(store: Store, project: Path, path: str, hint: str | None) -> None:
    with pytest.raises(DataMissing, match=f"data '{path}' does not exist") as caught:
        data.snapshot(store, project, "people", path)
    assert caught.value.hint == hint


def test_a_missing_folder_is_named(store: Store, project: Path) -> None:
    with pytest.raises(DataMissing, match="there is no folder 'nowhere'"):
        data.snapshot(store, project, "people", "nowhere/people.csv")


def test_links_are_followed_inside_the_folder(store: Store, project: Path) -> None:
    (project / "data" / "link.csv").symlink_to("people.csv")
    (project / "data" / "sub").mkdir()
    (project / "data" / "sub" / "x").write_text("x")
    (project / "data" / "again").symlink_to("sub")
    version = data.snapshot(store, project, "all", "data")
    entries = store.read_tree(version.digest)
    assert [entry.path for entry in entries] == ["again/x", "link.csv", "people.csv", "sub/x"]
    assert all(entry.link is None for entry in entries)


def test_the_declared_path_itself_may_be_a_link(store: Store, project: Path, tmp_path: Path) -> None:
    (project / "data").rename(tmp_path / "big disk")
    (project / "data").symlink_to(tmp_path / "big disk")
    assert data.snapshot(store, project, "all", "data").files == 1


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("../secret", "leads out of the data folder"),
        ("/etc", "leads out of the data folder"),
        ("nowhere", "leads nowhere"),
        (".", "leads round in a circle"),
        ("../data", "leads round in a circle"),
    ],
)
def test_links_that_lead_elsewhere_are_refused(store: Store, project: Path, target: str, said: str) -> None:
    (project / "secret").write_text("x")
    (project / "data" / "link").symlink_to(target)
    with pytest.raises(DataUnusable, match=f"'data/link' {said}"):
        data.snapshot(store, project, "all", "data")


def test_what_holds_no_data_is_refused(store: Store, project: Path) -> None:
    (project / "empty" / "sub").mkdir(parents=True)
    with pytest.raises(DataUnusable, match="holds no files"):
        data.snapshot(store, project, "none", "empty")
    os.mkfifo(project / "empty" / "pipe")
    for path in ("empty", "empty/pipe"):
        with pytest.raises(DataUnusable, match="neither a file nor a folder"):
            data.snapshot(store, project, "none", path)
    Path(os.fsdecode(os.fsencode(project / "data") + b"/\xe9")).touch()
    with pytest.raises(Unstorable, match=r"\\xe9"):
        data.snapshot(store, project, "none", "data")


def test_a_file_that_goes_away_meanwhile_is_told(store: Store, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "refuse_pointer", lambda source, file: source.locate(file).unlink())
    with pytest.raises(FileChanged, match="went away"):
        data.snapshot(store, project, "all", "data")


def test_a_dataset_is_named_after_its_file(store: Store, project: Path) -> None:
    assert data.add(store, project, CSV).name == "people"
    assert data.add(store, project, "data/").name == "data"
    assert data.add(store, project, CSV, name="persons").name == "persons"
    with pytest.raises(DatasetUnknown) as caught:
        data.log(store, "peple")
    assert caught.value.hint == "restrike data log people"


ADD = """
import sys
from pathlib import Path
from restrike import data
from restrike.store import Store
project = Path(sys.argv[1])
store = Store.create(project / ".restrike")
print(data.add(store, project, "data").record, flush=True)
"""


def test_killed_at_each_write_point(project: Path) -> None:
    for number in range(4):
        (project / "data" / f"{number}.bin").write_bytes(b"%d" % number * 200_000)
    for point in range(1, 200):
        shutil.rmtree(project / ".restrike", ignore_errors=True)
        done = _add(project, kill_at=point)
        promised = done.stdout.split()
        after = _add(project)
        assert after.returncode == 0, after.stderr
        store = Store.open(project / ".restrike")
        (only,) = data.log(store, "data")
        assert promised in ([], [only["record"]])
        assert list(store.check(named=[only["digest"]])) == []
        if done.returncode == 0:
            break
        assert done.returncode == -9, done.stderr
    else:
        pytest.fail("it never came to its end")
    assert point > 15


def _add(project: Path, kill_at: int | None = None) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "PYTHONWARNINGS": "error"}
    if kill_at is not None:
        variables["RESTRIKE_TEST_KILL_AT"] = str(kill_at)
    command = [sys.executable, "-c", ADD, str(project)]
    return subprocess.run(command, capture_output=True, text=True, env=variables, check=False)


def test_two_processes_may_add_at_once(project: Path) -> None:
    for number in range(50):
        (project / "data" / f"{number}.bin").write_bytes(b"%d" % number * 50_000)
    command = [sys.executable, "-c", ADD, str(project)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    results = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], results
    store = Store.open(project / ".restrike")
    assert len({version["digest"] for version in data.log(store, "data")}) == 1
    assert list(store.check(named=[data.log(store, "data")[0]["digest"]])) == []
