"""The user's repository is as it was before, nothing of the user's is run, and bytes are kept as they are."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

PROGRAMS = ("post-index-change", "post-checkout", "pre-commit", "reference-transaction", "post-rewrite")


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A program that leaves a trace wherever it is run."""
    path = tmp_path / "trap"
    path.write_text(f"#!/bin/sh\necho \"$0 $@\" >> '{tmp_path}/trace'\ncat\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def busy(checkout: Path, git) -> Path:
    """A checkout in the middle of everything: staged, changed, untracked, stashed, tagged."""
    (checkout / "src/pkg/fit.py").write_text("stashed\n")
    git(checkout, "stash")
    git(checkout, "tag", "v1")
    (checkout / "staged.py").write_text("staged\n")
    git(checkout, "add", "staged.py")
    (checkout / "staged.py").write_text("staged, then changed\n")
    (checkout / "score.py").write_text("changed\n")
    (checkout / "untracked.py").write_text("untracked\n")
    (checkout / "intended.py").write_text("intended\n")
    git(checkout, "add", "-N", "intended.py")
    return checkout


def test_every_byte_of_repository_and_tree_is_as_before(code, busy, state, tmp_path):
    before = state(busy)
    first = code.capture(busy)
    code.restore(first.commit, tmp_path / "restored")
    (busy / "score.py").touch()  # git would like to refresh its index now
    after_touch = state(busy)
    code.capture(busy)
    assert {**before, "score.py": None} == {**after_touch, "score.py": None}
    assert state(busy) == after_touch


def test_no_hook_filter_monitor_or_helper_of_the_user_is_run(code, busy, git, trap, tmp_path):
    for name in PROGRAMS:
        hook = busy / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_bytes(trap.read_bytes())
        hook.chmod(0o755)
    for key in ("core.fsmonitor", "diff.external", "filter.evil.clean", "filter.evil.smudge", "filter.evil.process"):
        git(busy, "config", key, str(trap))
    git(busy, "config", "filter.evil.required", "true")
    git(busy, "config", "diff.evil.textconv", str(trap))
    git(busy, "config", "diff.evil.command", str(trap))
    (busy / ".gitattributes").write_text("* filter=evil diff=evil\n")
    (tmp_path / "trace").unlink(missing_ok=True)
    snapshot = code.capture(busy)
    (busy / "score.py").write_text("changed again\n")
    code.capture(busy)
    code.restore(snapshot.commit, tmp_path / "restored")
    assert not (tmp_path / "trace").exists(), (tmp_path / "trace").read_text()
    git(busy, "status", check=False)  # the trap does spring for git itself
    assert (tmp_path / "trace").exists()


CONTENTS = {
    "crlf.txt": b"a\r\nb\r\n",
    "mixed.txt": b"a\r\nb\n",
    "ident.txt": b"$Id$ $Id: 0123 $\n",
    "subst.txt": b"$Format:%H$\n",
    "hidden.txt": b"not exported\n",
    "utf16.txt": "text\n".encode("utf-16"),
    "big.bin": b"content that large file storage would have swapped\n",
    "nul.bin": bytes(range(256)),
}


@pytest.fixture
def attributed(project: Path, git) -> Path:
    """A checkout whose attributes ask git to change what it stores and gives out."""
    git(project, "init", "-q")
    git(project, "config", "core.autocrlf", "input")
    git(project, "config", "filter.upper.clean", "tr a-z A-Z")
    (project / ".gitattributes").write_text(
        "*.txt text=auto\nident.txt ident\nsubst.txt export-subst\nhidden.txt export-ignore\n"
        "utf16.txt text working-tree-encoding=UTF-16\nbig.bin filter=upper\n"
    )
    for name, data in CONTENTS.items():
        (project / name).write_bytes(data)
        os.utime(project / name, (10**9, 10**9))  # settled: git need not look into it again
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "attributes")
    return project


def test_attributes_change_no_byte(code, attributed, tmp_path):
    code.restore(code.capture(attributed).commit, tmp_path / "restored")
    assert {name: (tmp_path / "restored" / name).read_bytes() for name in CONTENTS} == CONTENTS


def test_files_that_git_converts_are_not_taken_for_changed(code, attributed):
    snapshot = code.capture(attributed)
    assert (snapshot.dirty, snapshot.patch) == (False, "")


def test_a_file_that_was_touched_is_not_taken_for_changed(code, checkout):
    (checkout / "score.py").touch()
    assert code.capture(checkout).dirty is False


def test_content_that_stands_for_an_lfs_pointer_is_not_taken_for_changed(code, checkout, git):
    data = b"the large content\n"
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{hashlib.sha256(data).hexdigest()}\nsize 18\n"
    (checkout / "model.bin").write_text(pointer)
    git(checkout, "add", ".")
    git(checkout, "commit", "-q", "-m", "pointer")
    (checkout / "model.bin").write_bytes(data)
    assert code.capture(checkout).dirty is False
    (checkout / "model.bin").write_bytes(b"other content\n")
    assert code.capture(checkout).dirty is True
