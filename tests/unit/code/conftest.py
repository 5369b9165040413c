"""Projects and repositories to take snapshots of, with git cut off from this machine's settings."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from restrike.code import CodeRepository

Git = Callable[..., str]
State = Callable[[Path], dict[str, object]]


@pytest.fixture(autouse=True)
def plain_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give git an empty home and none of the variables that redirect it."""
    for name in [name for name in os.environ if name.startswith(("GIT_", "XDG_"))]:
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return home


@pytest.fixture
def git() -> Git:
    """Run git as the user would; return its output."""

    def run(folder: Path, *arguments: str, check: bool = True) -> str:
        identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "protocol.file.allow=always")
        done = subprocess.run(
            ["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=False, errors="replace"
        )
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout

    return run


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project without git."""
    folder = tmp_path / "project"
    (folder / "src" / "pkg").mkdir(parents=True)
    (folder / "src" / "pkg" / "__init__.py").write_text("")
    (folder / "src" / "pkg" / "fit.py").write_text("C = 1.0\n")
    (folder / "score.py").write_text("print('score')\n")
    return folder


@pytest.fixture
def checkout(project: Path, git: Git) -> Path:
    """The same project as a git repository with one commit."""
    git(project, "init", "-q", "-b", "main")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "first")
    return project


@pytest.fixture
def code(tmp_path: Path) -> CodeRepository:
    return CodeRepository(tmp_path / "store" / ".git")


@pytest.fixture
def paths(code: CodeRepository) -> Callable[[str], list[str]]:
    """The paths of the files of a stored snapshot."""
    return lambda commit: [file.path for file in code.files(commit)]


@pytest.fixture
def state() -> State:
    """Everything below a folder: kinds, modes, times of change and digests of the content."""

    def of(folder: Path) -> dict[str, object]:
        result: dict[str, object] = {}
        for path in _walk(folder):
            status = path.lstat()
            content = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else b""
            digest = hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()
            result[str(path.relative_to(folder))] = (status.st_mode, status.st_mtime_ns, status.st_ino, digest)
        return result

    return of


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path)
