"""What a capture costs: processes, reads and time."""

from __future__ import annotations

import os
import resource
import shutil
from pathlib import Path

import pytest


@pytest.fixture
def counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Count the git processes that are started, by their commands."""
    real = shutil.which("git")
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\necho x >> '{tmp_path}/count'\nexec '{real}' \"$@\"\n")
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def count(action) -> int:
        (tmp_path / "count").write_text("")
        action()
        return (tmp_path / "count").read_text().count("x")

    return count


def test_nothing_changed_takes_two_processes(code, checkout, counted):
    code.capture(checkout)
    assert counted(lambda: code.capture(checkout)) == 2


def test_an_edit_takes_a_few_processes(code, checkout, counted):
    code.capture(checkout)
    (checkout / "score.py").write_text("changed\n")
    assert counted(lambda: code.capture(checkout)) <= 9


def test_a_restore_takes_one_process(code, checkout, counted, tmp_path):
    commit = code.capture(checkout).commit
    assert counted(lambda: code.restore(commit, tmp_path / "out")) == 1


def test_five_thousand_files_with_nothing_changed(code, project, git):
    for number in range(5000):
        path = project / f"d{number % 100}" / f"f{number}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"x = {number}\n")
    git(project, "init", "-q")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "first")
    expected = code.capture(project)
    # The clock is told that the last change was long ago: a fresh file is read again, for safety.
    import restrike.code.scan as scanning

    scanning.RACY_NS, before = 0, scanning.RACY_NS
    try:
        code.capture(project)
        costs = []
        for _ in range(3):
            start = spent()
            assert code.capture(project) == expected
            costs.append(spent() - start)
    finally:
        scanning.RACY_NS = before
    assert min(costs) <= 0.15, f"{min(costs):.3f} s of CPU"


def spent() -> float:
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in usage)
