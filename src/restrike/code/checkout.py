"""The user's git repository, read and never written: where it stands, its remotes, what differs from HEAD."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from restrike.base.process import Completed
from restrike.code import git
from restrike.code.errors import GitFailed
from restrike.code.remotes import without_credentials

_QUESTIONS = ("--absolute-git-dir", "--git-common-dir", "--show-prefix", "--is-inside-work-tree")


@dataclass(frozen=True)
class Checkout:
    """A repository as seen from a folder of its working tree.

    `inside` is that folder's path in the project, `prefix` its path in the repository; both are empty or end in `/`.
    """

    folder: Path
    inside: str
    prefix: str
    git_dir: Path
    common_dir: Path
    head: str | None
    branch: str | None

    def signature(self) -> list[object]:
        """Return what changes whenever `changes` or `settings` could answer differently for the same files."""
        files = (self.git_dir / "index", self.common_dir / "config", self.git_dir / "config.worktree")
        return [self.inside, self.head, self.branch, *(_stamp(path) for path in files)]


@dataclass(frozen=True)
class Change:
    """A tracked path that git takes for changed, and what HEAD has there (None: nothing). Paths are the project's."""

    path: str
    mode: str | None
    identity: str | None


def find(folder: Path, inside: str = "") -> Checkout | None:
    """Return the repository that a folder lies in; None if it lies in none."""
    lines = _rev_parse(folder)
    if lines is None or lines[3] != "true":
        return None
    head, branch = _head(folder, lines[4:])
    return Checkout(
        folder=folder,
        inside=inside,
        prefix=lines[2],
        git_dir=Path(lines[0]),
        common_dir=folder / lines[1],
        head=head,
        branch=branch,
    )


def ignores_its_folder(checkout: Checkout) -> bool:
    """Tell whether a repository ignores the very folder it is seen from (a project inside somebody's dotfiles)."""
    return git.ask(checkout.folder, "check-ignore", "-q", ".", excludes=True).ok


def settings(checkout: Checkout) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the remotes (name -> address without credentials) and the names of the filters configured."""
    done = git.ask(checkout.folder, "config", "--includes", "-z", "--get-regexp", r"^(filter\..*|remote\..*\.url)$")
    remotes: dict[str, str] = {}
    filters: set[str] = set()
    for item in done.output.decode("utf-8", "replace").split("\0"):
        key, _, value = item.partition("\n")
        section, _, rest = key.partition(".")
        name, _, variable = rest.rpartition(".")
        if section == "remote" and variable == "url":
            remotes.setdefault(name, without_credentials(value))
        elif section == "filter":
            filters.add(name)
    return remotes, tuple(sorted(filters))


def changes(checkout: Checkout, filters: tuple[str, ...]) -> list[Change]:
    """Return the tracked paths below the folder that differ from HEAD by git's judgement, without running a filter."""
    done = git.ask(
        checkout.folder,
        *(
            "status",
            "--porcelain=v2",
            "-z",
            "--untracked-files=no",
            "--no-renames",
            "--ignore-submodules=dirty",
            "--",
            ".",
        ),
        more=_without(filters),
    )
    output = git.checked(done, "status", checkout.folder).decode("utf-8", "surrogateescape")
    found = (_change(line, checkout) for line in output.split("\0") if line[:2] in ("1 ", "u "))
    return [change for change in found if change is not None]


def recorded(checkout: Checkout, paths: Collection[str]) -> list[Change]:
    """Return what HEAD has at paths of the project, for files whose changes git does not report."""
    if not any(path.startswith(checkout.inside) for path in paths):
        return []
    done = git.ask(checkout.folder, "ls-tree", "-r", "-z", "HEAD", ".")
    found = []
    for line in git.checked(done, "ls-tree", checkout.folder).decode("utf-8", "surrogateescape").split("\0")[:-1]:
        (mode, _, identity), path = line.partition("\t")[0].split(" "), checkout.inside + line.partition("\t")[2]
        if path in paths:
            found.append(Change(path, mode, identity))
    return found


def _change(line: str, checkout: Checkout) -> Change | None:
    if line.startswith("1 "):
        _, _, _, mode, _, _, identity, _, path = line.split(" ", 8)
    else:  # unmerged: stage 2 is what HEAD has
        _, _, _, _, mode, _, _, _, identity, _, path = line.split(" ", 10)
    if not path.startswith(checkout.prefix):
        return None
    path = checkout.inside + path.removeprefix(checkout.prefix)
    return Change(path, mode, identity) if mode != "000000" else Change(path, None, None)


def _without(filters: tuple[str, ...]) -> dict[str, str]:
    """Return the variables that make every configured filter do nothing."""
    pairs = [
        (f"filter.{name}.{key}", value)
        for name in filters
        for key, value in (("clean", ""), ("smudge", ""), ("process", ""), ("required", "false"))
    ]
    numbered = {f"GIT_CONFIG_KEY_{at}": key for at, (key, _) in enumerate(pairs)}
    numbered |= {f"GIT_CONFIG_VALUE_{at}": value for at, (_, value) in enumerate(pairs)}
    return numbered | {"GIT_CONFIG_COUNT": str(len(pairs))}


def _rev_parse(folder: Path) -> list[str] | None:
    done = git.ask(folder, "rev-parse", *_QUESTIONS, "HEAD", "--symbolic-full-name", "HEAD")
    lines = _lines(done)
    if done.ok and len(lines) == len(_QUESTIONS) + 2:
        return lines
    if not lines:
        if b"not a git repository" in done.errors:
            return None
        raise GitFailed(
            f"git cannot read the repository around '{folder}'", details=tuple(done.complaint.splitlines()[:3])
        )
    # No commit yet, or a line break in the folder's name: one question at a time.
    answers = [git.ask(folder, "rev-parse", question) for question in _QUESTIONS]
    head = _lines(git.ask(folder, "rev-parse", "--quiet", "--verify", "HEAD^{commit}"))
    branch = git.ask(folder, "symbolic-ref", "--quiet", "HEAD")
    return [*(_text(answer) for answer in answers), *(head or [""]), _text(branch) or "HEAD"]


def _head(folder: Path, lines: list[str]) -> tuple[str | None, str | None]:
    identity, name = lines
    return identity or None, None if name == "HEAD" else name.removeprefix("refs/heads/")


def _lines(done: Completed) -> list[str]:
    return os.fsdecode(done.output).split("\n")[:-1]


def _text(done: Completed) -> str:
    return os.fsdecode(done.output).removesuffix("\n")


def _stamp(path: Path) -> list[int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
