"""`make` explains itself, and says what is missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess


def make(folder, *targets, path=None):
    variables = {**os.environ, "PATH": path or os.environ["PATH"]}
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
        variables.pop(name, None)
    return subprocess.run(
        [shutil.which("make"), *targets], cwd=folder, env=variables, capture_output=True, text=True, check=False
    )


def test_make_alone_lists_every_target(root):
    done = make(root)
    assert done.returncode == 0
    listed = set(re.findall(r"^  make ([a-z-]+) +\S", done.stdout, re.MULTILINE))
    phony = re.search(r"^\.PHONY: (.*)$", (root / "Makefile").read_text(), re.MULTILINE)[1]
    assert listed == set(phony.split()) >= {"demo", "test", "test-all", "check", "bench", "docs", "lock", "clean"}


def bare_machine(tmp_path, root, *programs):
    """A copy of what setting up reads, and a PATH with these programs alone."""
    folder = tmp_path / "clone"
    (folder / "tools").mkdir(parents=True)
    (folder / "requirements").mkdir()
    for name in ("Makefile", "pyproject.toml", "tools/set-up", "requirements/dev.txt"):
        shutil.copy(root / name, folder / name)
    programs_folder = tmp_path / "bin"
    programs_folder.mkdir()
    for program in ("sh", "dirname", "sed", "sha256sum", "env", *programs):
        (programs_folder / program).symlink_to(shutil.which(program))
    return folder, str(programs_folder)


def test_without_git_setting_up_says_how_to_get_it(tmp_path, root):
    folder, path = bare_machine(tmp_path, root, "python3.11" if shutil.which("python3.11") else "python3")
    done = make(folder, "test", path=path)
    assert done.returncode != 0
    assert "error: 'git' is not installed\n\nhint: apt-get install git\n" in done.stderr


def test_without_a_new_enough_python_setting_up_says_how_to_get_it(tmp_path, root):
    folder, path = bare_machine(tmp_path, root, "git")
    (tmp_path / "bin" / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "bin" / "python3").chmod(0o755)
    done = make(folder, "demo", path=path)
    assert done.returncode != 0
    assert "error: Python 3.11 or later was not found\n\nhint: apt-get install python3.11" in done.stderr
    assert not (folder / ".venv").exists()
