"""Killed, raced or starved of space: what was there stays, and the next capture works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from restrike.base import atomic
from restrike.base.errors import ProgramMissing, StorageFull, StorageReadOnly
from restrike.code import CodeRepository

CAPTURE = """
import sys
from pathlib import Path
from restrike.code import CodeRepository
code = CodeRepository(Path(sys.argv[1]))
action = sys.argv[3] if len(sys.argv) > 3 else "capture"
if action == "capture":
    print(code.capture(Path(sys.argv[2])).commit)
elif action == "collect":
    code.collect(set(sys.argv[4:]), older_than_s=0)
"""


def start(code: CodeRepository, project: Path, *more: str, **variables: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CAPTURE, str(code.git_dir), str(project), *more]
    return subprocess.Popen(
        command, env={**os.environ, **variables}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def at_each_write_point(code: CodeRepository, project: Path, *more: str):
    """Kill the action at its first write point, its second and so on, until it survives."""
    for point in range(1, 60):
        process = start(code, project, *more, **{atomic.KILL_AT: str(point)})
        _, errors = process.communicate()
        if process.returncode == 0:
            assert point > 2, "there was nothing to be killed at"
            return
        assert process.returncode == -signal.SIGKILL, errors
        yield point
    pytest.fail("the action never ended")


def test_a_capture_killed_at_any_write_point_leaves_all_well(code, checkout, tmp_path):
    for point in at_each_write_point(code, checkout):
        if code.git_dir.exists():
            assert code.verify() == []
        if point % 2:  # go on from what is there, or begin anew
            for path in sorted(tmp_path.glob("store/*/**/*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
            for path in (tmp_path / "store").iterdir():
                path.rmdir()
    snapshot = code.capture(checkout)
    assert code.restore(snapshot.commit, tmp_path / "out") == snapshot.fingerprint


def test_a_second_capture_killed_at_any_write_point_loses_nothing(code, checkout, tmp_path):
    first = code.capture(checkout)
    (checkout / "score.py").write_text("second\n")
    for point in at_each_write_point(code, checkout):
        assert code.verify() == []
        assert code.restore(first.commit, tmp_path / f"out{point}") == first.fingerprint
    assert len(code.snapshots()) == 2


def test_a_collection_killed_at_any_write_point_loses_nothing_that_is_kept(code, checkout, tmp_path):
    first = code.capture(checkout)
    (checkout / "score.py").write_text("second\n")
    second = code.capture(checkout)
    for point in at_each_write_point(code, checkout, "collect", first.commit):
        assert code.restore(first.commit, tmp_path / f"out{point}") == first.fingerprint
        again = code.capture(checkout)
        assert again.commit == second.commit
        assert code.restore(again.commit, tmp_path / f"again{point}") == second.fingerprint
    assert code.verify() == []


def test_captures_killed_at_any_moment_leave_all_well(code, checkout, tmp_path):
    for number in range(150):
        (checkout / f"module{number}.py").write_text(os.urandom(3000).hex())
    for step in range(12):
        process = start(code, checkout)
        time.sleep(0.04 + 0.02 * step)
        process.kill()
        process.communicate()
        if code.git_dir.exists():
            assert code.verify() == []
    snapshot = code.capture(checkout)
    assert code.restore(snapshot.commit, tmp_path / "out") == snapshot.fingerprint


def test_captures_at_once_in_one_repository_all_succeed(code, checkout, project, tmp_path):
    processes = [start(code, checkout) for _ in range(4)]
    results = [process.communicate() for process in processes]
    assert {process.returncode for process in processes} == {0}, results
    assert len({output for output, _ in results}) == 1
    assert code.verify() == []
    assert [path.name for path in code.git_dir.parent.iterdir()] == [".git"]


def test_stale_locks_of_git_do_not_block(code, checkout):
    code.capture(checkout)
    for name in ("index.lock", "HEAD.lock", "config.lock", "packed-refs.lock", "refs/snapshots/x.lock"):
        (code.git_dir / name).touch()
    (checkout / ".git" / "index.lock").touch()
    (checkout / "score.py").write_text("second\n")
    snapshot = code.capture(checkout)
    assert snapshot.dirty
    assert code.collect({snapshot.commit}, older_than_s=0).snapshots == 1
    assert code.verify() == []


def test_a_full_disk_is_told_plainly_and_loses_nothing(code, checkout, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    script = tmp_path / "full.sh"
    script.write_text(
        f"set -e\nmkdir '{tmp_path}/small'\nmount -t tmpfs -o size=300k tmpfs '{tmp_path}/small'\n"
        f"exec '{sys.executable}' '{tmp_path}/full.py'\n"
    )
    (tmp_path / "full.py").write_text(
        f"""
import os
from pathlib import Path
from restrike.base.errors import StorageFull
from restrike.code import CodeRepository
code, project = CodeRepository(Path("{tmp_path}/small/.git")), Path("{checkout}")
first = code.capture(project)
for files, size in ((1, 600_000), (150, 4_000), (40, 9_000)):
    for number in range(files):
        (project / f"noise{{files}}_{{number}}").write_bytes(os.urandom(size))
    try:
        code.capture(project)
    except StorageFull as error:
        print("full:", error.what)
    else:
        raise SystemExit("there was room for all")
    assert code.restore(first.commit, Path("{tmp_path}") / f"out{{files}}") == first.fingerprint
    assert code.verify() == []
for path in project.glob("noise*"):
    path.unlink()
assert code.capture(project).commit == first.commit
"""
    )
    done = subprocess.run(["unshare", "-m", "sh", str(script)], capture_output=True, text=True, check=False)
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip(f"no mounts here: {done.stderr}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("full:") == 3
    assert StorageFull.exit_code == 1


def test_a_store_that_cannot_be_made_is_told_plainly(checkout, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises((StorageReadOnly, OSError)):
        CodeRepository(tmp_path / "file" / ".git").capture(checkout)


def test_git_not_being_installed_is_told_with_the_line_that_installs_it(code, checkout, monkeypatch, tmp_path):
    commit = code.capture(checkout).commit
    monkeypatch.setenv("PATH", str(tmp_path))
    for action in (lambda: code.capture(checkout), lambda: code.restore(commit, tmp_path / "out")):
        with pytest.raises(ProgramMissing) as caught:
            action()
        assert "install git" in (caught.value.hint or "")
