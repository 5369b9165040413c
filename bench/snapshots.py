"""Taking a snapshot of many files of which none has changed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from measure import Measurement, Shell
from place import Place

CAPTURE = """
import os, sys
from pathlib import Path
from restrike.code import CodeRepository
project = Path.cwd()
limits = {"max_file_mb": 10, "max_total_mb": 1000, "include": [], "exclude": []}
repository = CodeRepository(project / ".restrike" / ".git")
before = os.times()
repository.capture(project, leave_out=[".restrike"], limits=limits)
print(sum(os.times()[:4]) - sum(before[:4]))
"""
GIT = ("git", "status", "--porcelain")


def measure(place: Place, repeats: int, counts: tuple[int, ...]) -> Iterator[Measurement]:
    for files in counts:
        shell = place.project(f"snapshot-{files}")
        many_files(shell, files)
        captured(shell)
        time.sleep(2.1)  # what is as young as its file system's clock is read again
        captured(shell)
        values = tuple(captured(shell) for _ in range(repeats))
        plain = shell.times(repeats, *GIT)
        yield Measurement("snapshot", f"{files:,} files unchanged (plain: git status)", values, budget=0.5, plain=plain)


def captured(shell: Shell) -> float:
    """Take a snapshot and return the CPU seconds of it alone, those of git included."""
    done = subprocess.run(
        [sys.executable, "-c", CAPTURE], cwd=shell.folder, env=dict(shell.variables), capture_output=True, check=True
    )
    return float(done.stdout)


def many_files(shell: Shell, files: int) -> None:
    """Commit small modules, a hundred to a folder."""
    for number in range(files):
        folder = Path(shell.folder, f"package{number // 100:03}")
        if number % 100 == 0:
            folder.mkdir()
        (folder / f"module{number % 100:02}.py").write_text(f"NUMBER = {number}\n" * 20)
    (shell.folder / ".gitignore").write_text(".restrike/\nbench-output\n")
    for command in (("init", "-q"), ("add", "-A"), ("-c", "user.name=b", "-c", "user.email=b@c", "commit", "-qm", "x")):
        subprocess.run(["git", *command], cwd=shell.folder, env=dict(shell.variables), check=True)
