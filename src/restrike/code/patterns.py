"""Patterns in .gitignore syntax, for what git itself is not asked about (tracked files, secrets, `include`)."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class _Pattern:
    regex: re.Pattern[str]
    negated: bool
    folders_only: bool


class Patterns:
    """An ordered list of patterns; the last one that matches decides, and nothing re-includes what lies in a folder
    that is left out, as in git."""

    def __init__(self, lines: Iterable[str], *, ignore_case: bool = False):
        self._lines = tuple(lines)
        self._flags = re.DOTALL | re.ASCII | (re.IGNORECASE if ignore_case else 0)
        self._folders: dict[str, str | None] = {"": None}

    @functools.cached_property
    def _patterns(self) -> list[_Pattern]:
        parsed = (_parse(line.removesuffix("\n").removesuffix("\r"), self._flags) for line in self._lines)
        return [pattern for pattern in parsed if pattern is not None]

    def match(self, path: str) -> str | None:
        """Return what a file's path matches by: itself, or the topmost of its folders that matches; None if nothing."""
        folder, _, _ = path.rpartition("/")
        return self._folder(folder) or (path if self._decides(path, is_folder=False) else None)

    def _folder(self, path: str) -> str | None:
        if path not in self._folders:
            parent, _, _ = path.rpartition("/")
            self._folders[path] = self._folder(parent) or (path if self._decides(path, is_folder=True) else None)
        return self._folders[path]

    def _decides(self, path: str, *, is_folder: bool) -> bool:
        raw = _as_bytes(path)
        for pattern in reversed(self._patterns):
            if (is_folder or not pattern.folders_only) and pattern.regex.fullmatch(raw):
                return not pattern.negated
        return False


def _as_bytes(text: str) -> str:
    """Return one character for each byte: to git, `?` is a byte."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def _parse(line: str, flags: int) -> _Pattern | None:
    line = _without_trailing_spaces(_as_bytes(line))
    if not line or line.startswith("#"):
        return None
    negated = line.startswith("!")
    line = line[1:] if negated else line
    folders_only = line.endswith("/")
    line = line.removesuffix("/")
    anchored = "/" in line
    try:
        regex = re.compile(("" if anchored else "(?:.*/)?") + _translate(line.removeprefix("/")), flags)
    except (re.error, ValueError):
        return None  # git, too, lets a malformed pattern match nothing
    return _Pattern(regex, negated, folders_only) if line else None


def _without_trailing_spaces(line: str) -> str:
    while line.endswith(" ") and not line.endswith("\\ "):
        line = line[:-1]
    return line


def _translate(glob: str) -> str:
    result, position = [], 0
    while position < len(glob):
        token, position = _token(glob, position)
        result.append(token)
    return "".join(result)


def _token(glob: str, at: int) -> tuple[str, int]:
    char = glob[at]
    if char == "*":
        end = at
        while glob.startswith("*", end):
            end += 1
        if end - at == 2 and glob[at - 1 : at] in ("", "/") and glob[end : end + 1] in ("", "/"):
            return _double_star(glob, at)
        return "[^/]*", end
    if char == "?":
        return "[^/]", at + 1
    if char == "[":
        return _bracket(glob, at)
    if char == "\\":
        if at + 1 == len(glob):
            raise ValueError("a pattern ends in a backslash")
        return re.escape(glob[at + 1]), at + 2
    return re.escape(char), at + 1


def _double_star(glob: str, at: int) -> tuple[str, int]:
    """`**/x` is x at any depth, `x/**` everything below x."""
    if at + 2 == len(glob):
        return ".+" if at else ".*", at + 2
    return "(?:.*/)?", at + 3


def _bracket(glob: str, at: int) -> tuple[str, int]:
    end = at + 1
    negated = glob[end : end + 1] in ("!", "^")
    end += negated
    start = end
    items = []
    while True:
        if end >= len(glob):
            raise ValueError("a bracket is not closed")
        if glob[end] == "]" and end > start:
            break
        if glob.startswith("[:", end) and ":]" in glob[end:]:
            close = glob.index(":]", end)
            items.append(_CLASSES.get(glob[end + 2 : close], ""))
            end = close + 2
            continue
        end += glob[end] == "\\"
        items.append(
            "-"
            if glob[end : end + 1] == "-" and items and end + 1 < len(glob) and glob[end + 1] != "]"
            else re.escape(glob[end])
        )
        end += 1
    return ("(?!/)[^" if negated else "(?!/)[") + "".join(items) + "]", end + 1


_CLASSES = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "lower": "a-z",
    "upper": "A-Z",
    "space": r"\s",
    "xdigit": "0-9a-fA-F",
    "punct": r"!-/:-@\[-`{-~",
}
