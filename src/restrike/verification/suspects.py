"""Where in a step's source something is done that minds a variation: read, not observed, and told as likely.

The experiment proves that the step minds; which line makes it mind is for a person to judge, who is given few to look
at: those in the step's own function, else in its module, else in what that imports of the project.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from restrike.pipeline.graph import Step

MOST = 3
ORDERED = ("hash seed", "listing order")  # harmless where the order is lost, or made, at once
ORDERING = {"sorted", "len", "min", "max", "any", "all", "set", "frozenset", "sum", "bool", "Counter"}
LISTINGS = {"listdir", "scandir", "iterdir", "glob", "rglob", "iglob", "walk"}
CLOCKS = {"now", "today", "utcnow", "localtime"}
PROGRAMS = {"run", "check_output", "check_call", "call", "Popen", "system"}
DRAWS = "random randint randrange choice choices shuffle sample uniform normal gauss rand randn permutation randperm"
CALLED: Mapping[str, set[str]] = {
    "hash seed": {"set", "frozenset", "hash"},
    "listing order": LISTINGS,
    "time zone": CLOCKS | {"fromtimestamp", "strftime", "mktime", "astimezone"},
    "clock": CLOCKS | {"time", "time_ns", "gmtime"},
    "locale": PROGRAMS | {"strxfrm", "strcoll", "setlocale", "localeconv", "format_string", "strftime"},
    "user": {"getuser", "getpwuid", "getlogin", "expanduser"},
    "home": {"home", "expanduser", "getpwuid"},
    "working directory": {"getcwd", "cwd", "abspath", "realpath", "resolve", "absolute"},
    "cores": {"cpu_count", "process_cpu_count", "sched_getaffinity"},
    "threads": {"get_num_threads", "process_cpu_count"},
    "memory": {"empty", "empty_like", "malloc"},
    "addresses": {"id", "addressof", "cast", "hash", "repr"},
    "global generators": set(DRAWS.split()),
    "step order": {"flock", "lockf", "bind", "connect"},
}
NAMED: Mapping[str, set[str]] = {
    "working directory": {"__file__"},
    "user": {"USER", "LOGNAME"},
    "home": {"HOME"},
    "time zone": {"TZ"},
    "locale": {"LANG", "LC_ALL"},
    "threads": {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LOKY_MAX_CPU_COUNT", "n_jobs"},
}


@dataclass(frozen=True)
class Suspect:
    """A line of the project that may be why."""

    file: str
    line: int
    function: str
    text: str

    def document(self) -> dict[str, Any]:
        return {"file": self.file, "line": self.line, "function": self.function, "text": self.text}


def suspects(variation: str, step: Step, record: Mapping[str, Any], code: Path) -> list[Suspect]:
    """Return the lines of a step's source that a variation could reach, nearest first; few, or none."""
    own, files = _sources(step, record, code)
    found = [item for file in files for item in _in_file(variation, file, code)]
    nearest = [item for item in found if item.file == files[0] and own and item.function.partition(".")[0] == own]
    module = [item for item in found if item.file == files[0]]
    return (nearest or module or found)[:MOST]


def _sources(step: Step, record: Mapping[str, Any], code: Path) -> tuple[str, list[str]]:
    """Return the name of a step's function, and the files of the project that it loads, its own first."""
    loaded = list((((record.get("depends") or {}).get("code")) or {}).get("modules") or ())
    if step.use is None:
        words = step.command if isinstance(step.command, (list, tuple)) else str(step.command).split()
        return "", [*(word for word in words if word.endswith(".py") and (code / word).is_file()), *loaded]
    module, _, function = step.use.partition(":")
    path = module.replace(".", "/")
    named = [place for place in (f"{path}.py", f"src/{path}.py", f"{path}/__init__.py") if (code / place).is_file()]
    return function, list(dict.fromkeys([*named[:1], *loaded]))


def _in_file(variation: str, file: str, code: Path) -> Iterator[Suspect]:
    try:
        text = (code / file).read_text("utf-8")
        tree = ast.parse(text)
    except (OSError, SyntaxError, ValueError):
        return
    lines = text.splitlines()
    reader = _Reader(variation)
    reader.visit(tree)
    for line, function in sorted(reader.found):
        yield Suspect(file, line, function, lines[line - 1].strip())


class _Reader(ast.NodeVisitor):
    """Collects line and function of whatever a variation could reach."""

    def __init__(self, variation: str):
        self.called, self.named = CALLED.get(variation, set()), NAMED.get(variation, set())
        self.is_order, self.is_hash = variation in ORDERED, variation == "hash seed"
        self.found: set[tuple[int, str]] = set()
        self._scope: list[str] = []

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        self._scope.append(node.name)
        self.generic_visit(node)
        self._scope.pop()

    visit_AsyncFunctionDef = visit_ClassDef = visit_FunctionDef  # noqa: N815  # `ast` has named them

    def visit_Call(self, node: ast.Call) -> None:
        name = _name(node.func)
        if name in self.called:
            self._note(node)
        if self.is_order and name in ORDERING:
            return  # what is within has no order any more, or gets one
        self.generic_visit(node)

    def visit_Set(self, node: ast.Set | ast.SetComp) -> None:
        if self.is_hash:
            self._note(node)
        self.generic_visit(node)

    visit_SetComp = visit_Set  # noqa: N815  # `ast` has named it

    def visit_Compare(self, node: ast.Compare) -> None:
        if not (self.is_order and any(isinstance(item, (ast.In, ast.NotIn)) for item in node.ops)):
            self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in self.named:
            self._note(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and node.value in self.named:
            self._note(node)

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg in self.named:
            self._note(node.value)
        self.generic_visit(node)

    def _note(self, node: ast.expr) -> None:
        self.found.add((node.lineno, ".".join(self._scope)))


def _name(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
