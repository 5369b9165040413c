"""What a snapshot holds, whatever state the project is in."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from restrike.code import CodeRepository


def test_a_project_without_git_is_captured(code, project, paths):
    snapshot = code.capture(project)
    assert paths(snapshot.commit) == ["score.py", "src/pkg/__init__.py", "src/pkg/fit.py"]
    assert (snapshot.head, snapshot.branch, snapshot.dirty, snapshot.patch) == (None, None, None, "")


def test_the_default_excludes_keep_environments_and_caches_out(code, project, paths):
    for name in (".venv/lib/x.py", "node_modules/a.js", "src/pkg/__pycache__/fit.pyc", "pkg.egg-info/PKG-INFO"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("x")
    for name in ("myenv/pyvenv.cfg", "myenv/lib/y.py", "conda/conda-meta/history", "conda/z.py", ".restrike/objects/a"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("x")
    assert paths(code.capture(project).commit) == ["score.py", "src/pkg/__init__.py", "src/pkg/fit.py"]


def test_the_same_files_have_one_fingerprint_with_and_without_git(code, checkout, tmp_path):
    (checkout / "untracked.py").write_text("y = 1\n")
    shutil.copytree(checkout, tmp_path / "copy", ignore=shutil.ignore_patterns(".git"))
    with_git, without = code.capture(checkout), code.capture(tmp_path / "copy")
    assert (with_git.fingerprint, with_git.commit) == (without.fingerprint, without.commit)
    assert with_git.head is not None
    assert without.head is None


def test_a_clean_checkout_is_said_to_be_clean(code, checkout, git):
    snapshot = code.capture(checkout)
    assert snapshot.head == git(checkout, "rev-parse", "HEAD").strip()
    assert (snapshot.branch, snapshot.detached, snapshot.dirty, snapshot.patch) == ("main", False, False, "")


def test_untracked_files_are_captured_and_ignored_ones_are_not(code, checkout, paths):
    (checkout / ".gitignore").write_text("*.log\nout/\n")
    (checkout / "helper.py").write_text("")
    (checkout / "x.log").write_text("")
    (checkout / "out").mkdir()
    (checkout / "out" / "y.py").write_text("")
    assert set(paths(code.capture(checkout).commit)) >= {".gitignore", "helper.py"}
    assert not {"x.log", "out/y.py"} & set(paths(code.capture(checkout).commit))


def test_the_users_own_ignore_file_counts(code, checkout, paths, plain_home):
    (plain_home / "ignore").write_text("*.scratch\n")
    (plain_home / ".gitconfig").write_text(f"[core]\n\texcludesFile = {plain_home}/ignore\n")
    (checkout / "a.scratch").write_text("")
    assert "a.scratch" not in paths(code.capture(checkout).commit)


def test_a_repository_without_a_commit(code, project, git, paths):
    git(project, "init", "-q", "-b", "fresh")
    git(project, "add", "score.py")
    snapshot = code.capture(project)
    assert "src/pkg/fit.py" in paths(snapshot.commit)
    assert (snapshot.head, snapshot.branch, snapshot.detached, snapshot.dirty) == (None, "fresh", False, None)


def test_a_detached_head(code, checkout, git):
    git(checkout, "checkout", "-q", "--detach")
    snapshot = code.capture(checkout)
    assert (snapshot.branch, snapshot.detached, snapshot.dirty) == (None, True, False)
    assert snapshot.head == git(checkout, "rev-parse", "HEAD").strip()


def test_a_project_in_a_subfolder_is_the_snapshot(code, checkout, paths):
    (checkout / "src" / "pkg" / "fit.py").write_text("C = 2.0\n")
    (checkout / "score.py").write_text("outside the project\n")
    snapshot = code.capture(checkout / "src")
    assert paths(snapshot.commit) == ["pkg/__init__.py", "pkg/fit.py"]
    assert snapshot.dirty
    assert "pkg/fit.py" in snapshot.patch
    assert "score.py" not in snapshot.patch


def test_a_project_inside_an_ignored_folder_of_somebody_elses_repository(code, tmp_path, git, project, paths):
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text("*\n")
    snapshot = code.capture(project)
    assert "score.py" in paths(snapshot.commit)
    assert (snapshot.head, snapshot.dirty) == (None, None)


def test_a_linked_worktree(code, checkout, git, tmp_path, paths):
    git(checkout, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    (tmp_path / "side" / "score.py").write_text("changed\n")
    snapshot = code.capture(tmp_path / "side")
    assert (snapshot.branch, snapshot.dirty) == ("side", True)
    assert "+changed" in snapshot.patch
    assert ".git" not in paths(snapshot.commit)


def test_a_folder_whose_git_file_leads_nowhere_is_captured_as_one_without_git(code, project, paths):
    (project / ".git").write_text("gitdir: /nowhere/at/all\n")
    assert paths(code.capture(project).commit) == ["score.py", "src/pkg/__init__.py", "src/pkg/fit.py"]


def test_an_unmerged_index(code, checkout, git, paths):
    git(checkout, "checkout", "-q", "-b", "other")
    (checkout / "score.py").write_text("theirs\n")
    git(checkout, "commit", "-q", "-a", "-m", "theirs")
    git(checkout, "checkout", "-q", "main")
    (checkout / "score.py").write_text("ours\n")
    git(checkout, "commit", "-q", "-a", "-m", "ours")
    git(checkout, "merge", "-q", "other", check=False)
    snapshot = code.capture(checkout)
    assert paths(snapshot.commit).count("score.py") == 1
    assert "-ours" not in snapshot.patch
    assert "+<<<<<<<" in snapshot.patch


def test_a_deleted_file_that_git_still_tracks(code, checkout, paths):
    (checkout / "score.py").unlink()
    snapshot = code.capture(checkout)
    assert "score.py" not in paths(snapshot.commit)
    assert "-print('score')" in snapshot.patch


def test_a_tracked_file_that_became_a_folder_and_the_reverse(code, checkout, paths):
    (checkout / "score.py").unlink()
    (checkout / "score.py").mkdir()
    (checkout / "score.py" / "inner.py").write_text("")
    shutil.rmtree(checkout / "src")
    (checkout / "src").write_text("now a file")
    assert paths(code.capture(checkout).commit) == ["score.py/inner.py", "src"]


def test_links_names_and_modes_survive(code, checkout, tmp_path, paths):
    outside = tmp_path / "outside.txt"
    outside.write_text("not code")
    (checkout / "dangling").symlink_to("nowhere")
    (checkout / "away").symlink_to(outside)
    (checkout / "folder").symlink_to("src")
    odd = [
        "with space.py",
        "ü.py",
        'quo"te.py',
        "line\nbreak.py",
        "back\\slash.py",
        "!bang",
        "#hash",
        "-dash",
        "tab\tx",
    ]
    for name in odd:
        (checkout / name).write_text(name)
    (checkout / "tool").write_text("#!/bin/sh\n")
    (checkout / "tool").chmod(0o755)
    snapshot = code.capture(checkout)
    target = tmp_path / "restored"
    assert code.restore(snapshot.commit, target) == snapshot.fingerprint
    assert {os.readlink(target / name) for name in ("dangling", "away", "folder")} == {"nowhere", str(outside), "src"}
    assert all((target / name).read_text() == name for name in odd)
    assert (target / "tool").stat().st_mode & 0o777 == 0o755
    assert (target / "ü.py").stat().st_mode & 0o777 == 0o644
    assert "folder/pkg/fit.py" not in paths(snapshot.commit)


def test_files_behind_a_folder_that_became_a_link_are_not_captured_twice(code, checkout, paths):
    (checkout / "src").rename(checkout / "real")
    (checkout / "src").symlink_to("real")
    assert [path for path in paths(code.capture(checkout).commit) if path.startswith("src")] == ["src"]


def test_a_name_that_is_not_utf8_is_left_out_and_told(code, checkout):
    (Path(os.fsdecode(bytes(checkout) + b"/bad\xff.py"))).write_text("x")
    snapshot = code.capture(checkout)
    assert [(item.reason, item.path) for item in snapshot.left_out] == [("not a UTF-8 name", "bad\ufffd.py")]


def test_an_extension_module_built_in_place_is_captured_though_ignored(code, checkout, paths):
    (checkout / ".gitignore").write_text("*.so\nbuild/\n")
    for name in ("src/pkg/_fast.cpython-311-x86_64-linux-gnu.so", "build/lib/_fast.so", "src/pkg/_win.pyd"):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_bytes(b"\x7fELF")
    found = paths(code.capture(checkout).commit)
    assert "src/pkg/_fast.cpython-311-x86_64-linux-gnu.so" in found
    assert "src/pkg/_win.pyd" in found
    assert "build/lib/_fast.so" not in found


def test_an_extension_module_that_is_rebuilt_is_seen(code, checkout):
    (checkout / ".gitignore").write_text("*.so\n")
    (checkout / "fast.so").write_bytes(b"one")
    first = code.capture(checkout).fingerprint
    (checkout / "fast.so").write_bytes(b"two")
    assert code.capture(checkout).fingerprint != first


def test_empty_folders_are_not_kept_and_do_no_harm(code, checkout):
    before = code.capture(checkout).fingerprint
    (checkout / "empty").mkdir()
    assert code.capture(checkout).fingerprint == before


def test_an_empty_project_has_a_snapshot(code, tmp_path):
    (tmp_path / "empty").mkdir()
    snapshot = code.capture(tmp_path / "empty")
    assert code.restore(snapshot.commit, tmp_path / "out") == snapshot.fingerprint
    assert list((tmp_path / "out").iterdir()) == []


def test_what_is_not_a_file_is_passed_over(code, project, paths):
    os.mkfifo(project / "pipe")
    assert "pipe" not in paths(code.capture(project).commit)


def test_declared_data_and_configuration_are_no_code(code, checkout, paths):
    (checkout / "restrike.yaml").write_text("restrike: 1\n")
    (checkout / "data").mkdir()
    (checkout / "data" / "x.csv").write_text("1\n")
    (checkout / "data.py").write_text("")
    leave_out = ["restrike.yaml", "./data/"]
    before = code.capture(checkout, leave_out=leave_out)
    assert set(paths(before.commit)) == {"data.py", "score.py", "src/pkg/__init__.py", "src/pkg/fit.py"}
    (checkout / "restrike.yaml").write_text("restrike: 1\nseed: 2\n")
    (checkout / "data" / "x.csv").write_text("2\n")
    after = code.capture(checkout, leave_out=leave_out)
    assert (after.fingerprint, after.patch) == (before.fingerprint, before.patch)
    assert after.left_out == ()


class TestRepositoriesInside:
    @pytest.fixture
    def library(self, tmp_path: Path, git) -> Path:
        folder = tmp_path / "library"
        folder.mkdir()
        (folder / "lib.py").write_text("v = 1\n")
        git(folder, "init", "-q")
        git(folder, "add", ".")
        git(folder, "commit", "-q", "-m", "library")
        return folder

    def test_a_submodule_is_captured_with_its_dirty_files(self, code, checkout, git, library, paths):
        git(checkout, "submodule", "--quiet", "add", str(library), "vendor/lib")
        git(checkout, "commit", "-q", "-m", "submodule")
        clean = code.capture(checkout)
        head = git(library, "rev-parse", "HEAD").strip()
        assert (clean.submodules, clean.dirty) == ({"vendor/lib": head}, False)
        (checkout / "vendor/lib/lib.py").write_text("v = 2\n")
        (checkout / "vendor/lib/new.py").write_text("n = 1\n")
        dirty = code.capture(checkout)
        assert {"vendor/lib/lib.py", "vendor/lib/new.py"} <= set(paths(dirty.commit))
        assert dirty.dirty
        assert "+v = 2" in dirty.patch
        assert "+n = 1" in dirty.patch

    def test_a_submodule_moved_to_another_commit_makes_the_code_dirty(self, code, checkout, git, library):
        git(checkout, "submodule", "--quiet", "add", str(library), "lib")
        git(checkout, "commit", "-q", "-m", "submodule")
        old = git(checkout / "lib", "rev-parse", "HEAD").strip()
        git(checkout / "lib", "commit", "-q", "--allow-empty", "-m", "on")
        new = git(checkout / "lib", "rev-parse", "HEAD").strip()
        snapshot = code.capture(checkout)
        assert snapshot.patch == f"Submodule lib {old} {new}\n"
        assert snapshot.dirty

    def test_a_submodule_that_is_not_checked_out(self, code, checkout, git, library, tmp_path, paths):
        git(checkout, "submodule", "--quiet", "add", str(library), "lib")
        git(checkout, "commit", "-q", "-m", "submodule")
        git(tmp_path, "clone", "-q", str(checkout), "clone")
        snapshot = code.capture(tmp_path / "clone")
        assert snapshot.submodules == {}
        assert not [path for path in paths(snapshot.commit) if path.startswith("lib")]

    def test_a_nested_repository_that_git_does_not_track(self, code, checkout, git, library, paths):
        shutil.copytree(library, checkout / "nested")
        snapshot = code.capture(checkout)
        assert "nested/lib.py" in paths(snapshot.commit)
        assert not [path for path in paths(snapshot.commit) if ".git/" in path]
        assert snapshot.dirty
        assert list(snapshot.submodules) == ["nested"]

    def test_a_nested_repository_in_a_project_without_git(self, code, project, library, paths):
        shutil.copytree(library, project / "nested")
        (project / "broken" / ".git").mkdir(parents=True)
        (project / "broken" / "b.py").write_text("")
        assert {"nested/lib.py", "broken/b.py"} <= set(paths(code.capture(project).commit))


def test_nothing_of_the_environment_redirects_git(code, checkout, monkeypatch, tmp_path):
    expected = code.capture(checkout)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    assert CodeRepository(tmp_path / "other" / ".git").capture(checkout) == expected


def test_a_repository_of_another_owner_is_read(code, checkout):
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    subprocess.run(["chown", "-R", "12345", str(checkout)], check=True)
    assert code.capture(checkout).branch == "main"


def test_a_repository_with_sha256_ids(code, project, git):
    git(project, "init", "-q", "--object-format=sha256")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "first")
    assert code.capture(project).dirty is False
    (project / "score.py").write_text("changed\n")
    snapshot = code.capture(project)
    assert "-print('score')\n+changed" in snapshot.patch
    assert len(snapshot.head or "") == 64
