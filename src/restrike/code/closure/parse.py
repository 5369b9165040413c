"""From the bytes of a file to its facts."""

from __future__ import annotations

import ast
import contextlib
import gc
import hashlib
import warnings
from collections.abc import Iterator
from typing import Any

from restrike.code.closure.effects import effects_of
from restrike.code.closure.facts import Effects, Facts, Statement
from restrike.code.closure.shapes import shape_of, wrapper_of
from restrike.code.closure.values import value_of
from restrike.code.closure.walk import Walk, digest_of

_UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


def facts_of(source: bytes) -> Facts:
    """Return what a file says by itself. One that Python would refuse counts by its bytes."""
    try:
        with warnings.catch_warnings(), _without_collection():
            warnings.simplefilter("ignore")
            # Some errors show only when the syntax tree is compiled: two parameters of one name, say.
            compile(source, "<source>", "exec", dont_inherit=True)
            return _facts(ast.parse(source))
    except _UNREADABLE as error:
        line = getattr(error, "lineno", None)
        said = f"{getattr(error, 'msg', None) or type(error).__name__}" + (f" (line {line})" if line else "")
        return Facts(whole=hashlib.sha256(source).hexdigest(), error=said)


@contextlib.contextmanager
def _without_collection() -> Iterator[None]:
    """Keep the garbage collector from going through a growing syntax tree, which holds no circles, again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _facts(module: ast.Module) -> Facts:
    future = [
        alias.name
        for node in module.body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        for alias in node.names
    ]
    statements, pieces = [], []
    for index, node in enumerate(module.body):
        walk = Walk(node)
        pieces += walk.pieces
        statements.append(_statement(node, walk, first=index == 0, annotations="annotations" not in future))
    return Facts(digest_of(pieces), tuple(statements), tuple(future), _exported(module))


def _statement(node: ast.stmt, walk: Walk, *, first: bool, annotations: bool) -> Statement:
    kind = _kind(node)
    return Statement(
        kind=kind,
        digest=walk.digest,
        line=node.lineno,
        end=node.end_lineno or node.lineno,
        names=("__doc__",) if first and _is_text(node) else walk.found.names,
        references=walk.found.references(),
        locals=walk.found.local_uses(),
        imports=tuple(walk.found.imports),
        strings=tuple(walk.found.strings.items()),
        marks=tuple(walk.found.marks.items()),
        effects=Effects() if kind in ("typing", "main") else effects_of(node, annotations=annotations),
        value=value_of(node),
        shape=_shape(node),
    )


def _kind(node: ast.stmt) -> str:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return "def"
        case ast.ClassDef():
            return "class"
        case ast.Import() | ast.ImportFrom():
            return "import"
        case ast.If(test=ast.Name(id="TYPE_CHECKING"), orelse=[]):
            return "typing"
        case ast.If(test=ast.Attribute(value=ast.Name(id="typing" | "t"), attr="TYPE_CHECKING"), orelse=[]):
            return "typing"
        case ast.If(
            test=ast.Compare(
                left=ast.Name(id="__name__"), ops=[ast.Eq()], comparators=[ast.Constant(value="__main__")]
            ),
            orelse=[],
        ):
            return "main"
        case ast.If() | ast.Try():
            return "block"
    return "other"


def _shape(node: ast.stmt) -> tuple[Any, ...]:
    if isinstance(node, ast.ClassDef):
        return shape_of(node) or ()
    if isinstance(node, ast.FunctionDef):
        return wrapper_of(node) or ()
    return ()


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _exported(module: ast.Module) -> tuple[str, ...] | None:
    """Return what `__all__` lists; None if there is none, or one that is put together."""
    for statement in module.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=ast.Tuple(elts=items) | ast.List(elts=items)):
                return tuple(item.value for item in items if isinstance(item, ast.Constant) and type(item.value) is str)
    return None
