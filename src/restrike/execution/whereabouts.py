"""Where in the user's own code something came about: from the trace, a traceback, or the text that names it."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from restrike.pipeline.graph import Step
from restrike.worker.seal import HOME, PROJECT

LARGEST = 1 << 20  # bytes of a source file that is searched for a name

Origin = Callable[[str], str | None]  # where the config gives a value, by its dotted key


class Whereabouts:
    """Places in the code of one step: `features.py:41`, or the step where no line is known.

    `code` is the restored snapshot, `roots` the import roots in it, `trace` what the worker observed, `error` how the
    step failed, if it did.
    """

    def __init__(
        self,
        step: Step,
        trace: Mapping[str, Any],
        error: Mapping[str, Any] | None,
        code: Path,
        roots: Iterable[str] = (".",),
        origin: Origin = lambda key: None,
    ):
        self._step, self._trace, self._error = step, trace, error or {}
        self._code, self._roots, self._origin = code, tuple(roots), origin
        self._opened = {item["path"]: item for item in reversed(trace.get("opened", ()))}  # paths, and host:port

    def of_path(self, path: str) -> str:
        """Return the line that asked for a path of the seal."""
        if path in self._opened:
            return line_of(self._opened[path])
        below = (item for opened, item in self._opened.items() if opened.startswith(path + "/"))
        if (item := next(below, None)) is not None:
            return line_of(item)
        if self._error.get("missing") == path and (place := self._frame()):
            return place
        return self._named((_shown(path), os.path.basename(path))) or self._whole()

    def of_module(self, path: str) -> str:
        """Return the line that imported a module which would have been at a path."""
        name = os.path.basename(path.removesuffix("/__init__.py")).removesuffix(".py")
        for file in self._files():
            if line := _line_of_import(self._code / file, name):
                return f"{file}:{line}"
        return self._frame() or self.of_path(path)

    def of_variable(self, name: str) -> str:
        entries = self._trace.get("variables", ())
        return next((line_of(item) for item in entries if item["name"] == name), None) or self._whole()

    def of_network(self, address: str) -> str:
        """Return the line that reached for an address, `host:port`; for a name service's, the line with the name."""
        if address in self._opened:
            return line_of(self._opened[address])
        host, _, port = address.rpartition(":")
        if port != "53" and (place := self._frame() or self._named((address, host))):
            return place
        reached = (line_of(item) for path, item in self._opened.items() if not path.startswith("/"))
        return next(reached, None) or self._frame() or self._whole()

    def named(self, text: str) -> str | None:
        """Return the first line of the step's code, or of its declaration, that has a text in a literal."""
        return self._named([text])

    def of_call(self, names: Collection[str]) -> str:
        """Return the first line of the step's code that calls a function of one of these names."""
        for file in self._files():
            if line := _line_of_call(self._code / file, names):
                return f"{file}:{line}"
        return self._whole()

    def _whole(self) -> str:
        return self._origin(f"steps.{self._step.name}") or f"step '{self._step.name}'"

    def _frame(self) -> str | None:
        """Return the innermost line of the project in the traceback of the step's failure."""
        for frame in reversed(self._error.get("frames") or []):
            if str(frame["file"]).startswith(PROJECT + "/"):
                return f"{frame['file'][len(PROJECT) + 1 :]}:{frame['line']}"
        return None

    def _named(self, texts: Iterable[str]) -> str | None:
        for text in (text for text in texts if text):
            for file in self._files():
                if line := _line_with(self._code / file, text):
                    return f"{file}:{line}"
            if place := self._declared(text):
                return place
        return None

    def _files(self) -> Iterator[str]:
        """Yield the files of the step's own code, its module or script first."""
        if self._step.use is not None:
            module = self._step.use.partition(":")[0].replace(".", "/")
            yield from self._there(f"{root}/{module}{end}" for root in self._roots for end in (".py", "/__init__.py"))
        yield from self._there(self._step.command or ())
        yield from self._there(self._trace.get("modules", ()))

    def _there(self, files: Iterable[str]) -> Iterator[str]:
        for file in map(os.path.normpath, files):
            if not file.startswith(("/", "..")) and (self._code / file).is_file():
                yield file

    def _declared(self, text: str) -> str | None:
        """Return the place in the config that gives the step a value with this text."""
        key = f"steps.{self._step.name}"
        for name, value in self._step.params.items():
            if text in str(value):
                return self._origin(f"{key}.params.{name}") or self._origin(f"{key}.params")
        if any(text in part for part in self._step.command or ()):
            return self._origin(f"{key}.run")
        return None


def absolute(path: str) -> str:
    """Return a path inside the seal as the kernel tells it; what is relative is so to the project."""
    return os.path.normpath(os.path.join(PROJECT, path))


def line_of(entry: Mapping[str, Any]) -> str:
    return f"{entry['file']}:{entry['line']}"


def _shown(path: str) -> str:
    """Return a path of the seal as code would write it."""
    for folder, prefix in ((PROJECT + "/", ""), (HOME + "/", "~/")):
        if path.startswith(folder):
            return prefix + path[len(folder) :]
    return path


def _line_with(file: Path, text: str) -> int | None:
    """Return the line of a source file with a text: in a literal of Python, anywhere in other files."""
    source = _source(file)
    if text not in source:
        return None
    whole = re.compile(rf"(?<![\w.]){re.escape(text)}(?!\.?\w)")
    if file.suffix != ".py":
        found = whole.search(source)
        return source[: found.start()].count("\n") + 1 if found else None
    nodes = _nodes(source)
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    literals = (node for node in nodes if isinstance(node, ast.Constant) and id(node) not in docstrings)
    lines = (node.lineno for node in literals if whole.search(_text(node.value)))
    return min(lines, default=None)


def _text(value: object) -> str:
    """Return a literal's text; native functions are given theirs as bytes."""
    return value if isinstance(value, str) else value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def _line_of_import(file: Path, name: str) -> int | None:
    lines = (
        node.lineno
        for node in _nodes(_source(file))
        if (isinstance(node, ast.Import) and any(name in alias.name.split(".") for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and name in [*(node.module or "").split("."), *_names(node)])
    )
    return min(lines, default=None)


def _names(node: ast.ImportFrom) -> list[str]:
    return [alias.name for alias in node.names]


def _line_of_call(file: Path, names: Collection[str]) -> int | None:
    called = (node for node in _nodes(_source(file)) if isinstance(node, ast.Call))
    lines = (
        node.lineno
        for node in called
        if (isinstance(node.func, ast.Attribute) and node.func.attr in names)
        or (isinstance(node.func, ast.Name) and node.func.id in names)
    )
    return min(lines, default=None)


def _source(file: Path) -> str:
    """Return the text of a source file; nothing of one that is too large, or no text."""
    try:
        return file.read_text("utf-8") if file.stat().st_size <= LARGEST else ""
    except (OSError, ValueError):
        return ""


def _nodes(source: str) -> list[ast.AST]:
    try:
        return list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError):
        return []
