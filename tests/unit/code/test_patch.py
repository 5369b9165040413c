"""The patch tells how the code differs from HEAD, and no more than may be told."""

from __future__ import annotations

import subprocess

from restrike.code import FileChange
from restrike.code.patch import BIG_FILE, LONGEST, shortened


def test_changes_of_every_kind_are_shown(code, checkout, git):
    (checkout / "gone.py").write_text("gone\n")
    (checkout / "mode.sh").write_text("mode\n")
    (checkout / "becomes_link").write_text("file\n")
    (checkout / "index_only.py").write_text("kept on disk\n")
    git(checkout, "add", ".")
    git(checkout, "commit", "-q", "-m", "more")
    (checkout / "gone.py").unlink()
    (checkout / "mode.sh").chmod(0o755)
    (checkout / "becomes_link").unlink()
    (checkout / "becomes_link").symlink_to("score.py")
    git(checkout, "rm", "-q", "--cached", "index_only.py")
    (checkout / "score.py").write_text("staged\n")
    git(checkout, "add", "score.py")
    (checkout / "ü.py").write_text("new\n")
    patch = code.capture(checkout).patch
    for expected in ("-gone\n", "new mode 100755", "new file mode 120000", "+staged", "b/ü.py", "+new"):
        assert expected in patch
    assert "index_only" not in patch


def test_a_file_that_git_was_told_not_to_watch_is_compared_all_the_same(code, checkout, git):
    git(checkout, "update-index", "--assume-unchanged", "score.py")
    git(checkout, "update-index", "--skip-worktree", "src/pkg/fit.py")
    assert code.capture(checkout).dirty is False
    (checkout / "score.py").write_text("changed behind git's back\n")
    (checkout / "src/pkg/fit.py").write_text("and here\n")
    assert git(checkout, "status", "--porcelain") == ""
    snapshot = code.capture(checkout)
    assert snapshot.dirty
    assert "+changed behind" in snapshot.patch
    assert "+and here" in snapshot.patch


def test_the_patch_leads_from_head_to_the_snapshot(code, checkout, git, tmp_path, state):
    (checkout / "score.py").write_text("changed\nno newline at end")
    (checkout / "src/pkg/fit.py").unlink()
    (checkout / "new file.py").write_text("new\r\n")
    snapshot = code.capture(checkout)
    git(tmp_path, "clone", "-q", str(checkout), "fresh")
    subprocess.run(["git", "apply", "-"], input=snapshot.patch.encode(), cwd=tmp_path / "fresh", check=True)
    assert code.capture(tmp_path / "fresh").fingerprint == snapshot.fingerprint


def test_a_change_taken_back_is_no_change(code, checkout):
    first = code.capture(checkout)
    (checkout / "score.py").write_text("changed\n")
    assert code.capture(checkout).dirty
    (checkout / "score.py").write_text("print('score')\n")
    assert code.capture(checkout) == first


def test_a_commit_alone_makes_the_code_clean(code, checkout, git):
    (checkout / "score.py").write_text("changed\n")
    dirty = code.capture(checkout)
    git(checkout, "commit", "-q", "-a", "-m", "second")
    clean = code.capture(checkout)
    assert (dirty.dirty, clean.dirty) == (True, False)
    assert (dirty.commit, dirty.fingerprint) == (clean.commit, clean.fingerprint)
    assert dirty.head != clean.head


def test_switching_the_branch_is_seen(code, checkout, git):
    code.capture(checkout)
    git(checkout, "checkout", "-q", "-b", "other")
    assert code.capture(checkout).branch == "other"


def test_binary_and_big_files_are_named_but_not_shown(code, checkout):
    (checkout / "image.bin").write_bytes(bytes(range(256)))
    (checkout / "table.txt").write_text("row\n" * (BIG_FILE // 4 + 1))
    patch = code.capture(checkout).patch
    assert "Binary files /dev/null and b/image.bin differ" in patch
    assert "Binary files /dev/null and b/table.txt differ" in patch


def test_a_patch_that_nobody_reads_is_cut_at_a_line():
    text = "+a line\n" * (LONGEST // 8 + 10)
    cut = shortened(text)
    assert len(cut) < LONGEST + 100
    assert cut.endswith("+a line\n# the rest of this patch, 80 characters, is not shown\n")
    assert shortened("short\n") == "short\n"


def test_latin_1_text_does_not_break_the_patch(code, checkout):
    (checkout / "old.txt").write_bytes("Größe\n".encode("latin-1"))
    assert "Gr\ufffd\ufffde" in code.capture(checkout).patch


def test_two_snapshots_are_compared_file_by_file(code, checkout):
    (checkout / "same.py").write_text("same\n")
    (checkout / "gone.py").write_text("gone\n")
    (checkout / "kind").write_text("file\n")
    before = code.capture(checkout)
    (checkout / "gone.py").unlink()
    (checkout / "kind").unlink()
    (checkout / "kind").symlink_to("same.py")
    (checkout / "a b.py").write_text("diff --git a/x b/x\n")
    (checkout / "score.py").chmod(0o755)
    (checkout / "src/pkg/fit.py").write_text("C = 2.0\n")
    after = code.capture(checkout)
    changes = code.diff(before.commit, after.commit)
    assert [(change.path, change.kind) for change in changes] == [
        ("a b.py", "added"),
        ("gone.py", "removed"),
        ("kind", "changed"),
        ("score.py", "changed"),
        ("src/pkg/fit.py", "changed"),
    ]
    told = {change.path: change.patch for change in changes}
    assert "+diff --git a/x b/x" in told["a b.py"]
    assert "-gone" in told["gone.py"]
    assert "-file" in told["kind"]
    assert "+same.py" in told["kind"]
    assert "new mode 100755" in told["score.py"]
    assert "-C = 1.0\n+C = 2.0\n" in told["src/pkg/fit.py"]
    assert code.diff(before.commit, before.commit) == []
    assert isinstance(changes[0], FileChange)
