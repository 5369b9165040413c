"""`check` finds whatever is wrong, `sweep` removes what nothing needs and nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from restrike.store import Problem, Store, Swept

ObjectsOf = Callable[[Store], list[Path]]


@pytest.fixture
def tree(store: Store, tmp_path: Path) -> str:
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ("a", "b", "c"):
        (folder / name).write_bytes(name.encode() * 10)
    return store.put_tree(folder)


def test_a_sound_store_has_no_problems(store: Store, tree: str) -> None:
    store.put_bytes(os.urandom(5 << 20))
    store.append({"format": "restrike.test/1", "tree": tree})
    seen: list[tuple[int, int]] = []
    assert list(store.check(lambda done, total: seen.append((done, total)), named=[tree])) == []
    assert seen[-1][0] == seen[-1][1] > 5 << 20
    assert len(seen) == 5


def test_every_flipped_bit_is_found_with_no_false_alarm(store: Store, tree: str, objects_of: ObjectsOf) -> None:
    store.put_bytes(os.urandom(5 << 20))
    for path in objects_of(store):
        store.path_of(path.name)
        _flip(path)
        assert [(found.kind, found.digest) for found in store.check()] == [("corrupt", path.name)]
        _flip(path)
    assert list(store.check()) == []


def test_missing_objects_are_found_by_what_names_them(store: Store, tree: str) -> None:
    leaf = store.read_tree(tree)[1].digest
    store.path_of(leaf).unlink()
    problems = list(store.check(named=["0" * 64, tree]))
    assert [(found.kind, found.digest) for found in problems] == [("missing", "0" * 64), ("missing", leaf)]
    assert tree in problems[1].detail


def test_foreign_files_are_reported_and_left_alone(store: Store, tree: str) -> None:
    objects = store.root / "objects"
    (objects / ".DS_Store").write_bytes(b"x")
    (objects / tree[:2] / f"{tree}.bak").write_bytes(b"x")
    (objects / "zz").mkdir()
    (objects / "zz" / tree).write_bytes(b"x")
    assert {found.path.name for found in store.check() if found.kind == "foreign"} == {
        ".DS_Store", f"{tree}.bak", tree,
    }  # fmt: skip
    store.sweep(set(), older_than_s=-1)
    assert (objects / ".DS_Store").exists()
    assert (objects / tree[:2] / f"{tree}.bak").exists()
    assert (objects / "zz" / tree).exists()


def test_sweep_keeps_what_is_reachable_and_what_that_lists(store: Store, tree: str, objects_of: ObjectsOf) -> None:
    lost = store.put_bytes(b"nobody wants this")
    assert store.sweep({tree}, dry_run=True, older_than_s=-1) == Swept(1, 17)
    assert store.has(lost)
    assert store.sweep({tree}, older_than_s=-1) == Swept(1, 17)
    assert not store.has(lost)
    assert len(objects_of(store)) == 4
    assert list(store.check(named=[tree])) == []
    assert store.sweep(set(), older_than_s=-1).objects == 4
    assert objects_of(store) == []


def test_sweep_spares_the_young_and_what_was_put_again(store: Store) -> None:
    old, again = store.put_bytes(b"old"), store.put_bytes(b"again")
    for digest in (old, again):
        os.utime(store.path_of(digest), (1, 1))
    store.put_bytes(b"young")
    store.put_bytes(b"again")
    assert store.sweep(set()) == Swept(1, 3)
    assert store.absent({old, again}) == {old}


def test_sweep_spares_what_a_young_tree_lists(store: Store, tree: str) -> None:
    for entry in store.read_tree(tree):
        os.utime(store.path_of(entry.digest), (1, 1))
    assert store.sweep(set()) == Swept(0, 0)
    assert list(store.check(named=[tree])) == []


def test_sweep_never_touches_the_ledger(store: Store) -> None:
    digest = store.append({"format": "restrike.test/1"})
    os.utime(store.root / "ledger" / digest[:2] / f"{digest}.json", (1, 1))
    store.sweep(set(), older_than_s=-1)
    assert store.has_record(digest)


def test_an_object_that_is_a_folder_or_link_is_a_problem(store: Store) -> None:
    digest = store.put_bytes(b"bytes")
    path = store.path_of(digest)
    path.unlink()
    path.symlink_to("/etc/passwd")
    assert list(store.check()) == [Problem("corrupt", digest, path, "it is not a regular file")]


def _flip(path: Path) -> None:
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
