"""One walk over the syntax of a statement: its digest, and whatever it names, imports and spells.

The digest is over the syntax tree, so comments, blank lines, quotes and layout don't count; docstrings, annotations
and defaults do.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from restrike.code.closure.facts import Import
from restrike.code.closure.features import BY_ATTRIBUTE
from restrike.code.closure.findings import Findings
from restrike.code.closure.scopes import CLASS, COMPREHENSION, FUNCTION, Origin
from restrike.code.closure.shapes import chain_of

# Neither context nor type comments nor `u""` are of any effect.
_UNREAD = {"ctx", "type_comment", "type_ignores", "kind"}
_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {}
_EVALUATING = {"query", "eval", "evaluate"}
_IMPORTING = {"import_module", "__import__"}


class Walk:
    """The walk over one top-level statement; `pieces` spell its syntax, `found` is what it uses."""

    def __init__(self, statement: ast.stmt) -> None:
        self.found = Findings()
        self.pieces: list[str] = []
        self._annotation = False
        self._visit(statement)

    @property
    def digest(self) -> str:
        return digest_of(self.pieces)

    # The walk itself

    def _visit(self, node: ast.AST) -> None:
        special = _SPECIAL.get(type(node))
        if special is not None:
            special(self, node)
        else:
            self._generic(node)

    def _generic(self, node: ast.AST) -> None:
        cls = type(node)
        fields = _FIELDS.get(cls)
        if fields is None:
            fields = _FIELDS[cls] = tuple(name for name in cls._fields if name not in _UNREAD)
        self.pieces.append(cls.__name__)
        for name in fields:
            self._value(getattr(node, name, None))

    def _value(self, value: object) -> None:
        if isinstance(value, ast.AST):
            self._visit(value)
        elif isinstance(value, list):
            self.pieces.append("[")
            for item in value:
                self._value(item)
            self.pieces.append("]")
        else:
            self.pieces.append(repr(value))

    def _all(self, values: Iterable[ast.AST | None]) -> None:
        self._value(list(values))

    # Names

    def _name(self, node: ast.Name) -> None:
        self.pieces.append(f"Name {node.id}")
        if not isinstance(node.ctx, ast.Load):
            self.found.scope.bind(node.id)
        if not isinstance(node.ctx, ast.Store):
            self.found.meet(node.id, node.lineno)

    def _attribute(self, node: ast.Attribute) -> None:
        if node.attr in _EVALUATING:  # handed on without being called: what it will be given cannot be told
            self.found.mark("(query)", node.lineno)
        self._chain(node, None)

    def _chain(self, node: ast.expr, literal: str | None) -> None:
        """Take `a.b.c` as one; `literal` is the only thing that it is called with, if that is a text."""
        attributes: list[str] = []
        base = node
        while isinstance(base, ast.Attribute):
            attributes.append(base.attr)
            if base.attr in BY_ATTRIBUTE:
                self.found.mark(base.attr, base.lineno)
            base = base.value
        attributes.reverse()
        if not isinstance(base, ast.Name):
            self.pieces.append("Of " + ".".join(attributes))
            self._visit(base)
            return
        chain = ".".join((base.id, *attributes))
        self.pieces.append(f"Name {chain}")
        if isinstance(base.ctx, ast.Load):
            self.found.meet(chain, base.lineno, literal)

    def _call(self, node: ast.Call) -> None:
        self.pieces.append("Call")
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        first = node.args[0] if node.args else next((word.value for word in node.keywords if word.arg == "expr"), None)
        text = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None
        if called in _IMPORTING and text is not None and len(node.args) + len(node.keywords) == 1:
            self._chain(node.func, text)
        elif isinstance(node.func, ast.Attribute):
            self._chain(node.func, None)
        else:
            self._visit(node.func)
        if called in _EVALUATING and first is not None:
            self.found.evaluated(text, node.lineno)
        for word in node.keywords:
            if word.arg == "allow_pickle" and not (isinstance(word.value, ast.Constant) and word.value.value is False):
                self.found.mark("allow_pickle", node.lineno)
            if word.arg == "record" and not (isinstance(word.value, ast.Constant) and not word.value.value):
                self.found.mark("(record)", node.lineno)
        self._all(node.args)
        self._all(node.keywords)

    def _constant(self, node: ast.Constant) -> None:
        value = node.value
        if isinstance(value, str):
            self.pieces.append(repr(value))
            if self._annotation:
                self.found.quoted_annotation(value, node.lineno)
            else:
                self.found.text(value, node.lineno)
        elif type(value) is int:
            self.pieces.append(f"int {value:x}")  # decimal digits of a very long number are refused
        else:
            self.pieces.append(f"{type(value).__name__} {value!r}")

    def _expression(self, node: ast.Expr) -> None:
        self.pieces.append("Expr")
        if isinstance(node.value, ast.Constant):  # a docstring, or nothing at all: never evaluated
            self.pieces.append(repr(node.value.value))
        else:
            self._visit(node.value)

    # Scopes

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.found.scope.bind(node.name)
        self.pieces.append(f"{type(node).__name__} {node.name}")
        self._all(node.decorator_list)
        self._outer_arguments(node.args)
        self._annotate(node.returns)
        parameters = getattr(node, "type_params", [])
        self._all(parameters)
        self.found.enter(FUNCTION)
        self._bind_arguments(node.args)
        for parameter in parameters:
            self.found.scope.bind(parameter.name)
        self._all(node.body)
        self.found.leave()

    def _lambda(self, node: ast.Lambda) -> None:
        self.pieces.append("Lambda")
        self._outer_arguments(node.args)
        self.found.enter(FUNCTION)
        self._bind_arguments(node.args)
        self._visit(node.body)
        self.found.leave()

    def _outer_arguments(self, arguments: ast.arguments) -> None:
        """Defaults and annotations belong to the scope around the function."""
        for group in (arguments.posonlyargs, arguments.args, arguments.kwonlyargs):
            self.pieces.append("(")
            for argument in group:
                self.pieces.append(argument.arg)
                self._annotate(argument.annotation)
        for starred in (arguments.vararg, arguments.kwarg):
            self.pieces.append("*" + (starred.arg if starred else ""))
            self._annotate(starred.annotation if starred else None)
        self._all(arguments.defaults)
        self._all(arguments.kw_defaults)

    def _bind_arguments(self, arguments: ast.arguments) -> None:
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            self.found.scope.bind(argument.arg)
        for starred in (arguments.vararg, arguments.kwarg):
            if starred is not None:
                self.found.scope.bind(starred.arg)

    def _class(self, node: ast.ClassDef) -> None:
        self.found.scope.bind(node.name)
        self.pieces.append(f"ClassDef {node.name}")
        self._all(node.decorator_list)
        self._all(node.bases)
        self._all(node.keywords)
        self._all(getattr(node, "type_params", []))
        self.found.enter(CLASS)
        self.found.classes.append(node.name)
        self._all(node.body)
        self.found.classes.pop()
        self.found.leave()

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        self.pieces.append(type(node).__name__)
        self._visit(node.generators[0].iter)  # evaluated before the comprehension's own scope begins
        self.found.enter(COMPREHENSION)
        for index, generator in enumerate(node.generators):
            self.pieces.append(f"for {generator.is_async}")
            self._visit(generator.target)
            if index:
                self._visit(generator.iter)
            self._all(generator.ifs)
        for field in ("key", "value", "elt"):
            if (part := getattr(node, field, None)) is not None:
                self._visit(part)
        self.found.leave()

    # Statements that bind or declare

    def _walrus(self, node: ast.NamedExpr) -> None:
        self.pieces.append(f"NamedExpr {node.target.id}")
        self.found.scope.bind_walrus(node.target.id)
        self._visit(node.value)

    def _changed(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.found.meet(node.target.id, node.lineno)
        self._generic(node)

    def _annotated(self, node: ast.AnnAssign) -> None:
        self.pieces.append(f"AnnAssign {node.simple}")
        if isinstance(node.target, ast.Name) and not node.simple and node.value is None:
            self.pieces.append(f"Name {node.target.id}")  # `(x): int` binds nothing
        else:
            self._visit(node.target)
        self._annotate(node.annotation)
        self._value(node.value)

    def _annotate(self, node: ast.expr | None) -> None:
        before, self._annotation = self._annotation, True
        self._value(node)
        self._annotation = before

    def _subscript(self, node: ast.Subscript) -> None:
        before = self._annotation
        if before and (chain_of(node.value) or "").rpartition(".")[2] == "Literal":
            self._annotation = False
        self._generic(node)
        self._annotation = before

    def _global(self, node: ast.Global) -> None:
        self.pieces.append(f"Global {node.names}")
        self.found.scope.declared_global.update(node.names)
        for name in node.names:
            self.found.meet(name, node.lineno)

    def _nonlocal(self, node: ast.Nonlocal) -> None:
        self.pieces.append(f"Nonlocal {node.names}")
        self.found.scope.declared_nonlocal.update(node.names)

    def _handler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self.found.scope.bind(node.name)
        self._generic(node)

    def _capture(self, node: ast.MatchAs | ast.MatchStar) -> None:
        if node.name:
            self.found.scope.bind(node.name)
        self._generic(node)

    def _rest(self, node: ast.MatchMapping) -> None:
        if node.rest:
            self.found.scope.bind(node.rest)
        self._generic(node)

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.pieces.append(f"import {alias.name} {alias.asname}")
            name, bound = (alias.asname, alias.name) if alias.asname else (alias.name.partition(".")[0],) * 2
            self.found.scope.bind(name, Origin(bound, 0, ""))
            self.found.imports.append(Import(alias.name, 0, (), ((name, bound),), self.found.inner(), node.lineno))
        self.pieces.append("]")

    def _import_from(self, node: ast.ImportFrom) -> None:
        self.pieces.append(f"from {node.level} {node.module}")
        module, bound = node.module or "", []
        for alias in node.names:
            self.pieces.append(f"{alias.name} {alias.asname}")
            if alias.name != "*":
                bound.append((alias.asname or alias.name, alias.name))
                self.found.scope.bind(bound[-1][0], Origin(module, node.level, alias.name))
        self.pieces.append("]")
        names = tuple(alias.name for alias in node.names)
        self.found.imports.append(Import(module, node.level, names, tuple(bound), self.found.inner(), node.lineno))


def digest_of(pieces: Iterable[str]) -> str:
    return hashlib.sha256("\x1f".join(pieces).encode("utf-8", "surrogatepass")).hexdigest()


_SPECIAL: dict[type[ast.AST], Callable[[Walk, Any], None]] = {
    ast.Name: Walk._name,
    ast.Attribute: Walk._attribute,
    ast.Call: Walk._call,
    ast.Constant: Walk._constant,
    ast.Expr: Walk._expression,
    ast.FunctionDef: Walk._function,
    ast.AsyncFunctionDef: Walk._function,
    ast.Lambda: Walk._lambda,
    ast.ClassDef: Walk._class,
    ast.ListComp: Walk._comprehension,
    ast.SetComp: Walk._comprehension,
    ast.DictComp: Walk._comprehension,
    ast.GeneratorExp: Walk._comprehension,
    ast.NamedExpr: Walk._walrus,
    ast.AugAssign: Walk._changed,
    ast.AnnAssign: Walk._annotated,
    ast.Subscript: Walk._subscript,
    ast.Global: Walk._global,
    ast.Nonlocal: Walk._nonlocal,
    ast.ExceptHandler: Walk._handler,
    ast.MatchAs: Walk._capture,
    ast.MatchStar: Walk._capture,
    ast.MatchMapping: Walk._rest,
    ast.Import: Walk._import,
    ast.ImportFrom: Walk._import_from,
}
