"""A snapshot comes back byte for byte, or not at all."""

from __future__ import annotations

import os
import random
import shutil
import threading
from pathlib import Path

import pytest

from restrike.code import CodeRepository
from restrike.code.errors import SnapshotCorrupt, SnapshotMissing


def objects_of(code: CodeRepository) -> list[Path]:
    return sorted(path for path in (code.git_dir / "objects").rglob("*") if path.is_file())


def flip(path: Path, bit: int) -> None:
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    path.chmod(0o644)
    path.write_bytes(data)


def test_a_restored_project_is_the_same_project(code, checkout, tmp_path, paths):
    snapshot = code.capture(checkout)
    target = tmp_path / "out"
    target.mkdir()
    assert code.restore(snapshot.commit, target, fingerprint=snapshot.fingerprint) == snapshot.fingerprint
    assert CodeRepository(tmp_path / "second" / ".git").capture(target).commit == snapshot.commit
    assert code.fingerprint_of(snapshot.commit) == snapshot.fingerprint
    sizes = {file.path: file.size for file in code.files(snapshot.commit)}
    assert sizes == {"score.py": 15, "src/pkg/__init__.py": 0, "src/pkg/fit.py": 8}


def test_modes_do_not_depend_on_the_umask(code, checkout, tmp_path):
    snapshot = code.capture(checkout)
    before = os.umask(0o077)
    try:
        code.restore(snapshot.commit, tmp_path / "out")
    finally:
        os.umask(before)
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "out/src/pkg").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "out/score.py").stat().st_mode & 0o777 == 0o644


def test_times_are_the_same_for_the_same_content_and_differ_for_other_content(code, checkout, tmp_path):
    code.restore(code.capture(checkout).commit, tmp_path / "one")
    (checkout / "score.py").write_text("print('other')\n")  # of the same length
    code.restore(code.capture(checkout).commit, tmp_path / "two")
    times = [
        {path: (tmp_path / name / path).stat().st_mtime for path in ("score.py", "src/pkg/fit.py")}
        for name in ("one", "two")
    ]
    assert times[0]["src/pkg/fit.py"] == times[1]["src/pkg/fit.py"]
    assert times[0]["score.py"] != times[1]["score.py"]


def test_a_folder_that_holds_something_is_not_touched(code, checkout, tmp_path):
    snapshot = code.capture(checkout)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine")
    with pytest.raises(OSError, match="not empty"):
        code.restore(snapshot.commit, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]


def test_an_unknown_snapshot_is_said_to_be_missing(code, checkout, tmp_path):
    code.capture(checkout)
    for action in (lambda: code.restore("0" * 40, tmp_path / "out"), lambda: code.files("0" * 40)):
        with pytest.raises(SnapshotMissing) as caught:
            action()
        assert caught.value.code == "R201"
    assert not (tmp_path / "out").exists()


def test_an_object_that_is_no_snapshot_is_refused(code, checkout, git, tmp_path):
    snapshot = code.capture(checkout)
    tree = git(code.git_dir, "rev-parse", f"{snapshot.commit}^{{tree}}").strip()
    foreign = git(code.git_dir, "commit-tree", tree, "-m", "by hand").strip()
    lying = git(code.git_dir, "commit-tree", tree, "-m", f"restrike.code/1 {'0' * 64}").strip()
    for commit in (tree, foreign, lying):
        with pytest.raises(SnapshotCorrupt):
            code.restore(commit, tmp_path / "out")


def test_another_fingerprint_than_recorded_is_refused(code, checkout, tmp_path):
    snapshot = code.capture(checkout)
    with pytest.raises(SnapshotCorrupt) as caught:
        code.restore(snapshot.commit, tmp_path / "out", fingerprint="0" * 64)
    assert f"found     {snapshot.fingerprint}" in caught.value.details
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("packed", [False, True])
def test_no_flipped_bit_hands_out_wrong_bytes(code, checkout, tmp_path, packed):
    (checkout / "noise.bin").write_bytes(random.Random(1).randbytes(3000))
    snapshot = code.capture(checkout)
    if packed:
        code.pack()
    kept = {path: path.read_bytes() for path in objects_of(code)}
    chance = random.Random(2)
    refused = 0
    for path, data in kept.items():
        for bit in {0, len(data) * 8 - 1, *(chance.randrange(len(data) * 8) for _ in range(6))}:
            flip(path, bit)
            try:
                found = code.restore(snapshot.commit, tmp_path / "out", fingerprint=snapshot.fingerprint)
            except (SnapshotCorrupt, SnapshotMissing):
                refused += 1
                assert not (tmp_path / "out").exists()
                assert code.verify(), f"bit {bit} of {path}"
            else:
                # A bit that bears on no content (padding, a pack's checksum): what came out is right all the same.
                assert CodeRepository(tmp_path / "other" / ".git").capture(tmp_path / "out").fingerprint == found
                shutil.rmtree(tmp_path / "out")
            path.write_bytes(data)
    assert refused >= len(kept) * (2 if packed else 5)
    assert code.verify() == []


def test_a_flipped_bit_anywhere_in_a_pack_is_found(code, checkout):
    code.capture(checkout)
    code.pack()
    for path in (code.git_dir / "objects" / "pack").iterdir():
        if path.suffix in (".pack", ".idx"):
            data = path.read_bytes()
            for bit in range(0, len(data) * 8, 97):
                flip(path, bit)
                assert code.verify(), (path, bit)
                path.write_bytes(data)
    assert code.verify() == []


def test_damage_is_told_for_each_snapshot_it_hurts(code, checkout):
    first = code.capture(checkout)
    (checkout / "score.py").write_text("second\n")
    second = code.capture(checkout)
    from restrike.code.objects import identify

    blob = identify("blob", b"second\n")
    (code.git_dir / "objects" / blob[:2] / blob[2:]).unlink()
    damage = code.damage([first.commit, second.commit, "0" * 40])
    assert sorted(damage) == sorted([second.commit, "0" * 40])
    assert f"blob {blob}, the content of 'score.py'" in damage[second.commit][0]
    assert code.verify() == list(damage[second.commit])


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("harm", ["flip", "empty", "remove"])
def test_the_next_capture_heals_what_the_project_still_has(code, checkout, tmp_path, packed, harm):
    snapshot = code.capture(checkout)
    if packed:
        code.pack()
    for path in [path for path in objects_of(code) if path.suffix != ".idx"]:
        if harm == "remove":
            path.unlink()
        else:
            flip(path, path.stat().st_size * 4)
            if harm == "empty":
                path.write_bytes(b"")
    assert code.capture(checkout) == snapshot  # nothing changed, nothing was looked at
    with pytest.raises((SnapshotCorrupt, SnapshotMissing)):
        code.restore(snapshot.commit, tmp_path / "out")
    assert code.capture(checkout) == snapshot
    assert code.restore(snapshot.commit, tmp_path / "out") == snapshot.fingerprint
    assert code.verify() == []


def test_restoring_at_once_into_several_folders(code, checkout, tmp_path):
    snapshot = code.capture(checkout)
    done = []
    threads = [
        threading.Thread(target=lambda at=at: done.append(code.restore(snapshot.commit, tmp_path / f"out{at}")))
        for at in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [snapshot.fingerprint] * 6
