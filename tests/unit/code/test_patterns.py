"""Patterns mean what they mean to git: git itself is the judge."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from restrike.code.patterns import Patterns

PIECES = ["a", "b", "ab", "*", "**", "?", "/", "/", "!", "[ab]", "[!a]", "[a-b]", "\\*", ".", "\\!", "#", " ", "ä"]
NAMES = ["a", "b", "ab", "ba", "a b", "*", "!", ".a", "#", "ä", "aa"]


@pytest.fixture(scope="module")
def judge(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("judge")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    return folder


def ignored_by_git(folder: Path, lines: list[str], paths: list[str]) -> set[str]:
    (folder / ".git" / "info").mkdir(exist_ok=True)
    (folder / ".git" / "info" / "exclude").write_text("".join(f"{line}\n" for line in lines))
    done = subprocess.run(
        ["git", "check-ignore", "--no-index", "-z", "--stdin"],
        cwd=folder,
        input="".join(f"{path}\0" for path in paths).encode(),
        env={**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null"},
        capture_output=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return set(done.stdout.decode().split("\0")) - {""}


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join), min_size=1, max_size=3),
    paths=st.lists(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map("/".join), min_size=1, max_size=25),
)
def test_patterns_match_what_git_ignores(judge, lines, paths):
    mine = Patterns(lines)
    assert {path for path in paths if mine.match(path)} == ignored_by_git(judge, lines, paths)


@pytest.mark.parametrize(
    ("lines", "path", "matched"),
    [
        (["*.log"], "a/b.log", "a/b.log"),
        (["build/"], "build/x/y.py", "build"),
        (["build/"], "build", None),
        (["/a/*.py"], "a/b/c.py", None),
        (["a/**/z"], "a/z", "a/z"),
        (["a/**/z"], "a/b/c/z", "a/b/c/z"),
        (["a/**"], "a/b", "a/b"),
        (["x", "!x"], "x", None),
        (["d/", "!d/keep"], "d/keep", "d"),
        (["trailing  "], "trailing", "trailing"),
        (["\\#x"], "#x", "#x"),
        (["# x"], "# x", None),
        (["", "/"], "a", None),
        (["[[:digit:]]x"], "7x", "7x"),
        (["[[:digit:]]x"], "ax", None),
        (["[a-"], "[a-", None),
        (["a\\"], "a", None),
        (["crlf\r"], "crlf", "crlf"),
    ],
)
def test_examples(lines, path, matched):
    assert Patterns(lines).match(path) == matched


def test_case_is_ignored_when_asked():
    assert Patterns([".env"], ignore_case=True).match("A/.ENV") == "A/.ENV"
    assert Patterns([".env"]).match("A/.ENV") is None
