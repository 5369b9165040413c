"""Killed at every write point, a full disk, many at once: nothing half there, nothing lost."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from restrike.base.errors import StorageFull, StorageReadOnly
from restrike.store import Store
from restrike.store.errors import NotAStore, StoreTooNew

Python = Callable[..., "subprocess.CompletedProcess[str]"]
ObjectsOf = Callable[[Store], list[Path]]

WORK = """
import sys
from pathlib import Path
from restrike.store import Store
store = Store.create(Path(sys.argv[1]))
print(store.put_bytes(b"alone"), flush=True)
with store.batch():
    names = [store.put_bytes(b"batch %d" % number) for number in range(20)]
print(*names, flush=True)
print(store.put_tree(Path(sys.argv[2])), flush=True)
print(store.put_file(Path(sys.argv[3]), move=True)[0], flush=True)
print(store.append({"format": "restrike.test/1", "made": names}), flush=True)
"""


@pytest.fixture
def material(tmp_path: Path) -> tuple[Path, Path]:
    folder, single = tmp_path / "folder", tmp_path / "single"
    (folder / "sub").mkdir(parents=True)
    (folder / "a").write_bytes(b"a" * 300_000)
    (folder / "sub" / "b").write_bytes(b"b")
    single.write_bytes(b"single")
    return folder, single


def test_killed_at_every_write_point(
    python: Python, tmp_path: Path, material: tuple[Path, Path], objects_of: ObjectsOf
) -> None:
    folder, single = material
    for point in range(1, 500):
        root = tmp_path / f"store{point}"
        single.write_bytes(b"single")
        done = python(WORK, root, folder, single, kill_at=point)
        promised = done.stdout.split()
        if (root / "format").exists():
            store = Store.open(root)
            assert list(store.check()) == [], f"damaged after write point {point}"
            kept = {path.name for path in objects_of(store)} | set(store.record_digests())
            assert set(promised) <= kept, f"lost what was promised after write point {point}"
            assert single.exists() or _taken(root)
            _works_again(root, folder)
        else:
            assert not promised
        shutil.rmtree(root, ignore_errors=True)
        if done.returncode == 0:
            break
        assert done.returncode == -9, done.stderr
    else:
        pytest.fail("it never came to its end")
    assert point > 40


def _taken(root: Path) -> bool:
    """Tell whether the moved file lies in the dead process's folder or the store: it is not promised yet."""
    return any(path.read_bytes() == b"single" for path in root.rglob("*") if path.is_file())


def _works_again(root: Path, folder: Path) -> None:
    store = Store.open(root)
    with store.batch():
        names = [store.put_bytes(b"batch %d" % number) for number in range(20)]
    store.append({"format": "restrike.test/1", "made": names})
    assert list(store.check(named=[*names, store.put_tree(folder), store.put_bytes(b"single")])) == []
    own = {store._scratch.name().parent.name}
    assert {path.name.removesuffix(".lock") for path in (root / "tmp").iterdir()} == own


def test_many_processes_may_put_the_same_at_once(tmp_path: Path, objects_of: ObjectsOf) -> None:
    root = tmp_path / ".restrike"
    Store.create(root)
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_put_many, args=(str(root),)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    store = Store.open(root)
    assert list(store.check()) == []
    assert len(objects_of(store)) == 61
    assert len(list(store.records())) == 1


def _put_many(root: str) -> None:
    store = Store.create(Path(root))
    for number in range(30):
        store.put_bytes(b"one %d" % number)
    with store.batch():
        for number in range(30):
            store.put_bytes(b"two %d" % number)
        store.put_bytes(b"large" * 1_000_000)
    store.append({"format": "restrike.test/1"})


FULL = """
import os, sys
from pathlib import Path
from restrike.base.errors import StorageFull
from restrike.store import Store
root = Path(sys.argv[1])
store = Store.create(root / ".restrike")
kept = store.put_bytes(b"kept")
record = store.append({"format": "restrike.test/1", "kept": kept})
tries = 0
def refused(call):
    global tries
    tries += 1
    try:
        call()
    except StorageFull as error:
        assert "no space left" in error.what and error.hint, error
    else:
        raise SystemExit("it was not refused")
source = Path(sys.argv[2])
refused(lambda: store.put_bytes(os.urandom(2 << 20)))
refused(lambda: store.put_file(source))
refused(lambda: store.put_file(source, move=True))
def batch():
    with store.batch():
        for _ in range(1000):
            store.put_bytes(os.urandom(4096))
refused(batch)
filler = open(root / "filler", "wb", buffering=0)
try:
    while True:
        filler.write(bytes(4096))
except OSError:
    pass
refused(lambda: store.append({"format": "restrike.test/1", "big": "x" * 10000}))
filler.close()
os.unlink(root / "filler")
assert source.exists()
again = Store.open(root / ".restrike")
assert again.get_bytes(kept) == b"kept" and again.record(record)["kept"] == kept
assert list(again.check()) == []
assert [path for path in (root / ".restrike" / "objects").rglob("*") if path.is_file()] == [again.path_of(kept)]
again.put_bytes(b"fits again")
assert tries == 5
"""


def test_a_full_disk_is_a_clear_error_and_loses_nothing(tmp_path: Path) -> None:
    mount = tmp_path / "small"
    mount.mkdir()
    (tmp_path / "source").write_bytes(os.urandom(3 << 20))
    script = 'mount -t tmpfs -o size=1m tmpfs "$1" && exec "$2" -c "$3" "$1" "$4"'
    command = ["unshare", "-Urm", "sh", "-c", script, "sh", mount, sys.executable, FULL, tmp_path / "source"]
    if os.geteuid() == 0:
        command[1] = "-m"
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "unshare failed" in done.stderr or "unshare:" in done.stderr:
        pytest.skip("neither root nor user namespaces")
    assert done.returncode == 0, done.stderr


def test_a_read_only_folder_is_a_clear_error(tmp_path: Path) -> None:
    create = "import sys; from pathlib import Path; from restrike.store import Store; Store.create(Path(sys.argv[1]))"
    script = 'mount -t tmpfs tmpfs "$1" && mount -o remount,ro "$1" && exec "$2" -c "$3" "$1"'
    command = [
        "unshare",
        "-m" if os.geteuid() == 0 else "-Urm",
        "sh",
        "-c",
        script,
        "sh",
        tmp_path,
        sys.executable,
        create,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "unshare:" in done.stderr:
        pytest.skip("neither root nor user namespaces")
    assert StorageReadOnly.__name__ in done.stderr
    assert "Read-only file system" in done.stderr


def test_what_a_dead_process_left_is_swept_and_what_a_living_one_uses_is_not(store: Store, python: Python) -> None:
    with store.temporary() as living:
        (living / "file").write_bytes(b"in use")
        dead = python(
            "import os, sys; from pathlib import Path; from restrike.store import Store\n"
            "with Store.open(Path(sys.argv[1])).temporary() as folder:\n"
            "    (folder / 'sub').mkdir(); (folder / 'sub').chmod(0o555)\n"
            "    print(folder, flush=True); os.kill(os.getpid(), 9)",
            store.root,
        )
        left = Path(dead.stdout.strip())
        assert left.is_dir()
        with Store.open(store.root).temporary():
            assert not left.parent.exists()
            assert (living / "file").read_bytes() == b"in use"
    assert not living.exists()


def test_a_batch_is_in_the_store_at_its_end_and_forgotten_if_it_fails(store: Store, objects_of: ObjectsOf) -> None:
    with store.batch():
        digest = store.put_bytes(b"first")
        assert store.has(digest)
        assert objects_of(store) == []
        assert store.get_bytes(digest) == b"first"
        with store.batch():
            store.put_bytes(b"second")
    assert len(objects_of(store)) == 2
    with pytest.raises(TypeError), store.batch():
        store.put_bytes(store.put_bytes(b"third"))  # type: ignore[arg-type]
    assert len(objects_of(store)) == 2


def test_a_record_comes_after_the_objects_of_an_open_batch(store: Store) -> None:
    with store.batch():
        digest = store.put_bytes(b"named by the record")
        store.append({"format": "restrike.test/1", "artifact": digest})
        assert Store.open(store.root).has(digest)


def test_a_full_disk_within_a_batch_forgets_all_of_it(
    store: Store, objects_of: ObjectsOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    from restrike.store import durable

    monkeypatch.setattr(durable, "sync_files", fail)
    with pytest.raises(StorageFull), store.batch():
        store.put_bytes(b"one")
    assert objects_of(store) == []


@pytest.mark.parametrize("count", [1, 40])
def test_bytes_are_synced_before_they_get_their_names(
    store: Store, objects_of: ObjectsOf, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    from restrike.store import durable

    events: list[tuple[str, int]] = []
    for name in ("sync_files", "sync_folders"):
        original = getattr(durable, name)

        def spy(paths: list[Path], system: Path, name: str = name, original: Callable[..., None] = original) -> None:
            events.append((name, len(objects_of(store))))
            original(paths, system)

        monkeypatch.setattr(durable, name, spy)
    with store.batch():
        for number in range(count):
            store.put_bytes(b"%d" % number)
    assert events == [("sync_files", 0), ("sync_folders", count)]


@pytest.mark.parametrize("text", ["restrike.store/2", "restrike.store/12\n"])
def test_a_store_from_a_newer_version_is_left_alone(store: Store, text: str) -> None:
    (store.root / "format").write_text(text)
    for enter in (Store.open, Store.create):
        with pytest.raises(StoreTooNew) as caught:
            enter(store.root)
        assert caught.value.exit_code == 2
        assert "upgrade" in str(caught.value.hint)


@pytest.mark.parametrize("text", ["", "restrike.store/0", "restrike.store/x", "something else", "\x00\x01"])
def test_what_is_no_store_is_said_to_be_none(store: Store, text: str) -> None:
    (store.root / "format").write_text(text)
    with pytest.raises(NotAStore):
        Store.open(store.root)
    with pytest.raises(NotAStore):
        Store.open(store.root / "nowhere")


def test_caches_may_be_deleted_at_any_time(store: Store) -> None:
    digest = store.put_bytes(b"x" * (5 << 20))
    shutil.rmtree(store.root / "cache")
    shutil.rmtree(store.root / "tmp")
    assert store.path_of(digest).is_file()
    assert Store.open(store.root).put_bytes(b"more")


def test_writing_goes_on_while_another_process_sweeps(store: Store, python: Python) -> None:
    sweeper = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from restrike.store import Store\n"
            "store = Store.open(Path(sys.argv[1]))\n"
            "while not Path(sys.argv[1], 'stop').exists(): store.sweep(set(), older_than_s=600)",
            str(store.root),
        ]
    )
    digests = set()
    until = time.monotonic() + 1.0
    try:
        while time.monotonic() < until:
            digest = store.put_bytes(b"wanted %d" % (len(digests) % 50))
            os.utime(store.root / "objects" / digest[:2] / digest, (1, 1))  # old again: the sweeper may take it
            digests.add(store.put_bytes(b"kept %d" % len(digests)))
    finally:
        (store.root / "stop").touch()
        assert sweeper.wait() == 0
    assert store.absent(digests) == set()
    assert list(store.check()) == []
