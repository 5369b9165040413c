"""Collecting removes what no kept snapshot needs, and nothing else."""

from __future__ import annotations

import shutil

import pytest

from restrike.code.errors import SnapshotCorrupt, SnapshotMissing
from restrike.code.upkeep import Collected


@pytest.fixture
def three(code, checkout):
    """Three snapshots; the second brings a large file that the others don't have."""
    snapshots = [code.capture(checkout)]
    (checkout / "large.txt").write_bytes(bytes(range(256)) * 400)
    snapshots.append(code.capture(checkout))
    (checkout / "large.txt").unlink()
    (checkout / "score.py").write_text("third\n")
    return [*snapshots, code.capture(checkout)]


def test_what_is_kept_stays_whole_and_the_rest_is_gone(code, three, tmp_path):
    first, second, third = three
    collected = code.collect({first.commit, third.commit}, older_than_s=0)
    assert collected.snapshots == 1
    assert collected.objects == 3  # the file, the tree, the commit
    assert set(code.snapshots()) == {first.commit, third.commit}
    for number, snapshot in enumerate((first, third)):
        assert code.restore(snapshot.commit, tmp_path / f"out{number}") == snapshot.fingerprint
    with pytest.raises(SnapshotMissing):
        code.restore(second.commit, tmp_path / "gone")
    assert code.verify() == []


def test_a_dry_run_tells_the_same_and_removes_nothing(code, three):
    told = code.collect({three[0].commit}, dry_run=True, older_than_s=0)
    assert len(code.snapshots()) == 3
    assert code.verify() == []
    assert code.collect({three[0].commit}, older_than_s=0) == told


def test_young_snapshots_are_spared(code, three):
    assert code.collect(set()) == Collected(0, 0, 0)
    assert len(code.snapshots()) == 3


def test_a_snapshot_taken_again_is_young_again(code, checkout, three):
    import os

    for commit in code.snapshots():
        os.utime(code.git_dir / "refs/snapshots" / commit, (0, 0))
    again = code.capture(checkout)
    code.collect(set())
    assert set(code.snapshots()) == {again.commit}


def test_with_nothing_kept_nothing_remains_and_capturing_begins_anew(code, checkout, three, tmp_path):
    code.pack()
    code.collect(set(), older_than_s=0)
    assert code.snapshots() == {}
    assert not [path for path in (code.git_dir / "objects").rglob("*") if path.is_file()]
    snapshot = code.capture(checkout)
    assert snapshot == three[2]
    assert code.restore(snapshot.commit, tmp_path / "out") == snapshot.fingerprint


def test_a_kept_snapshot_whose_name_was_lost_is_kept_all_the_same(code, three, tmp_path):
    shutil.rmtree(code.git_dir / "refs/snapshots")
    code.collect({three[0].commit, "0" * 40}, older_than_s=0)
    assert code.restore(three[0].commit, tmp_path / "out") == three[0].fingerprint


def test_nothing_is_removed_while_what_is_needed_is_damaged(code, three):
    from restrike.code.objects import identify

    blob = identify("blob", b"third\n")
    (code.git_dir / "objects" / blob[:2] / blob[2:]).unlink()
    before = sorted(path for path in code.git_dir.rglob("*") if "lock" not in path.name)
    with pytest.raises(SnapshotCorrupt):
        code.collect({three[2].commit}, older_than_s=0)
    assert sorted(path for path in code.git_dir.rglob("*") if "lock" not in path.name) == before


def test_a_repository_that_was_never_made_is_empty(code):
    assert code.collect(set()) == Collected(0, 0, 0)
    assert code.verify() == []
    assert code.snapshots() == {}


def test_packing_keeps_everything(code, three, tmp_path):
    code.pack()
    assert not list((code.git_dir / "objects").glob("[0-9a-f][0-9a-f]/*"))
    for number, snapshot in enumerate(three):
        assert code.restore(snapshot.commit, tmp_path / f"out{number}") == snapshot.fingerprint
