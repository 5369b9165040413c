"""Secrets stay out, people decide about the rest, and code has a size."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pytest

from restrike.code import LeftOut, Limits, scan
from restrike.code.errors import CodeUnreadable, SnapshotTooLarge

WORD = "hunter2-correct-horse"
SECRET = [".env", ".env.local", "conf/.env.production", "server.pem", "tls.key", "id_rsa", "id_ed25519.old", ".netrc"]
SECRET += [
    "credentials.json",
    "credentials-prod.json",
    ".pypirc",
    ".aws/credentials",
    ".ssh/config",
    ".ENV",
    "a/Tls.PEM",
]
INNOCENT = [".env.example", ".env.sample", "env.py", "secrets.py", "keys.py", "monkey.py", "credentials.py", "pem.txt"]


def written(root: Path, names: list[str], text: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def everything_in(store: Path) -> bytes:
    """All bytes of a store, its git objects inflated."""
    listed = subprocess.run(
        ["git", "cat-file", "--batch-all-objects", "--batch"], cwd=store / ".git", capture_output=True, check=True
    )
    return listed.stdout + b"".join(path.read_bytes() for path in store.rglob("*") if path.is_file())


@pytest.mark.parametrize("tracked", [True, False])
def test_secrets_are_nowhere_in_the_store(code, checkout, git, tracked):
    written(checkout, SECRET, f"TOKEN={WORD}\n")
    written(checkout, INNOCENT, "innocent\n")
    if tracked:
        git(checkout, "add", "-f", ".")
        git(checkout, "commit", "-q", "-m", "oh no")
        written(checkout, SECRET, f"TOKEN=changed-{WORD}\n")
        (checkout / "tls.key").unlink()
    (checkout / "score.py").write_text("changed\n")
    snapshot = code.capture(checkout)
    found = {file.path for file in code.files(snapshot.commit)}
    assert found >= set(INNOCENT)
    assert not found & set(SECRET)
    assert "+changed" in snapshot.patch
    assert WORD not in snapshot.patch + repr(snapshot)
    assert WORD.encode() not in everything_in(code.git_dir.parent)
    told = {item.path for item in snapshot.left_out if item.reason == "secret"}
    assert told >= {".env", "server.pem", ".aws/", ".ssh/", "credentials.json"}


def test_a_secret_that_is_included_is_captured(code, checkout, paths):
    written(checkout, ["certs/ca.pem", ".env"], "public after all")
    snapshot = code.capture(checkout, limits=Limits(include=("certs/ca.pem",)))
    assert "certs/ca.pem" in paths(snapshot.commit)
    assert ".env" not in paths(snapshot.commit)


def test_included_files_are_captured_though_git_ignores_them(code, checkout, paths):
    (checkout / ".gitignore").write_text("generated/\n")
    written(checkout, ["generated/a.py", "generated/b.txt"], "x")
    snapshot = code.capture(checkout, limits={"include": ["/generated/*.py"]})
    assert "generated/a.py" in paths(snapshot.commit)
    assert "generated/b.txt" not in paths(snapshot.commit)
    (checkout / "generated/a.py").write_text("y")
    assert code.capture(checkout, limits={"include": ["/generated/*.py"]}).fingerprint != snapshot.fingerprint


def test_restrikeignore_and_exclude_leave_out_and_are_told(code, checkout, paths):
    written(checkout, ["notes/a.md", "notes/deep/b.md", "keep.md", "drop.md", "plots/x.svg"], "x")
    (checkout / ".restrikeignore").write_text("# what is no code\n*.md\n!keep.md\n/notes/\n")
    snapshot = code.capture(checkout, limits={"exclude": ["plots/"]})
    assert {path for path in paths(snapshot.commit) if path.endswith((".md", ".svg"))} == {"keep.md"}
    assert snapshot.left_out == (
        LeftOut("drop.md", "ignored by .restrikeignore", 1),
        LeftOut("notes/", "ignored by .restrikeignore"),
        LeftOut("plots/", "excluded by snapshot.exclude"),
    )


def test_a_change_of_the_rules_is_seen_at_once(code, checkout, paths):
    before = code.capture(checkout)
    (checkout / ".restrikeignore").write_text("score.py\n.restrikeignore\n")
    after = code.capture(checkout)
    assert set(paths(before.commit)) - set(paths(after.commit)) == {"score.py"}
    assert after.dirty is False


def test_tracked_files_are_left_out_by_restrikeignore_too_and_their_patch_with_them(code, checkout):
    (checkout / ".restrikeignore").write_text("score.py\n")
    (checkout / "score.py").write_text("changed\n")
    assert "score.py\n" not in code.capture(checkout).patch.replace("+score.py\n", "")


def test_a_large_file_is_left_out_without_being_read(code, checkout, paths):
    with (checkout / "huge.bin").open("wb") as stream:
        stream.truncate(50 * 10**9)
    snapshot = code.capture(checkout)
    assert snapshot.left_out == (LeftOut("huge.bin", "large", 50 * 10**9),)
    assert "huge.bin" not in paths(snapshot.commit)
    assert snapshot.dirty is False


def test_a_large_file_is_captured_when_included(code, checkout, paths):
    (checkout / "table.py").write_text("x" * 2000)
    assert "table.py" not in paths(code.capture(checkout, limits=Limits(max_file=1000)).commit)
    assert "table.py" in paths(code.capture(checkout, limits=Limits(max_file=1000, include=("table.py",))).commit)


def test_too_much_code_is_refused_with_what_is_largest(code, checkout):
    written(checkout, [f"images/{number}.png" for number in range(30)], "x" * 100_000)
    with pytest.raises(SnapshotTooLarge) as caught:
        code.capture(checkout, limits={"max_file_mb": 1, "max_total_mb": 2})
    assert caught.value.code == "R203"
    assert "3 MB, more than" in caught.value.what
    assert caught.value.details[0].endswith("3.0 MB  images/")
    hint = (caught.value.hint or "").split("   ")[0]
    subprocess.run(hint, shell=True, cwd=checkout, check=True)
    code.capture(checkout, limits={"max_file_mb": 1, "max_total_mb": 2})


def test_limits_are_read_from_the_configuration():
    section = {"max_file_mb": 0.5, "max_total_mb": 1, "include": ["a"], "exclude": ["b"]}
    assert Limits.of(section) == Limits(500_000, 1_000_000, ("a",), ("b",))
    assert Limits.of({}) == Limits()


def test_a_file_that_cannot_be_opened_is_an_error_for_people(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:  # no user may open it, not even root
        listener.bind("model.py")
        with pytest.raises(CodeUnreadable) as caught:
            scan._read("model.py", lambda data: "")
    assert caught.value.what.startswith("cannot read 'model.py': ")
    assert caught.value.hint
