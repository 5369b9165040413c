"""Which top-level statements do more than bind names, judged by one statement alone.

What cannot be told from the statement is left as a need: that a name be one of the harmless calls, that a class be
plain. Whoever knows the other files decides (`judge`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import Any

from restrike.code.closure.facts import Effects, Need
from restrike.code.closure.shapes import NotHarmless, bound_by, chain_of, check_dataclass, outermost_chains, shape_of
from restrike.code.closure.values import METHODS, NUMBER, PATH, PATH_ATTRIBUTES, PLAIN, TEXT, spells

_NUMERIC = (ast.Add, ast.Sub, ast.Mult)
_DIVISIONS = (ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)


class Reading:
    """What executing a statement reads and needs; `own` are the names of a class body, bound so far."""

    def __init__(self, *, annotations: bool) -> None:
        self.needs: list[Need] = []
        self.reads: list[str] = []
        self.own: set[str] | None = None
        self._annotations = annotations

    def statement(self, node: ast.stmt) -> None:
        """Take in a statement at the top level or in a class body; raise NotHarmless if it surely has effects."""
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._function(node)
            case ast.ClassDef():
                self._class(node)
            case ast.Assign(targets=targets, value=value):
                self._assignment(targets, value)
            case ast.AnnAssign(target=ast.Name() as target, annotation=annotation, value=value):
                self._annotation(annotation)
                if value is not None:
                    self._assignment([target], value)
            case ast.If(test=test, body=body, orelse=orelse):
                self.expression(test, plain=True)
                self._block([*body, *orelse])
            case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final):
                self._block(body)
                for handler in handlers:
                    self._optional(handler.type)
                    self._block(handler.body)
                self._block([*orelse, *final])
            case ast.Expr(value=ast.Constant()) | ast.Pass() | ast.Import() | ast.ImportFrom() | ast.Global():
                pass
            case _:
                raise NotHarmless
        if self.own is not None:
            self.own.update(bound_by(node))

    def _block(self, body: Iterable[ast.stmt]) -> None:
        for node in body:
            self.statement(node)

    # Definitions

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._decorators(node.decorator_list)
        arguments = node.args
        for default in (*arguments.defaults, *arguments.kw_defaults):
            self._optional(default)
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            self._annotation(argument.annotation)
        for starred in (arguments.vararg, arguments.kwarg):
            self._annotation(starred.annotation if starred else None)
        self._annotation(node.returns)

    def _decorators(self, decorators: Sequence[ast.expr]) -> None:
        for decorator in decorators:
            called = isinstance(decorator, ast.Call)
            chain = chain_of(decorator.func if isinstance(decorator, ast.Call) else decorator)
            if chain is None:
                raise NotHarmless
            if self.own is not None and chain.rpartition(".")[2] in ("setter", "getter", "deleter"):
                if chain.partition(".")[0] not in self.own:
                    raise NotHarmless
                continue  # of a property of this class
            self._reads(chain)
            self._need("decorator", chain, (called,))
            if isinstance(decorator, ast.Call):
                self._arguments(decorator, plain=False)

    def _class(self, node: ast.ClassDef) -> None:
        self._decorators(node.decorator_list)
        shape = shape_of(node)
        if shape is None:
            raise NotHarmless
        bases, _, special, metaclass = shape
        for chain in bases:
            self._reads(chain)
            self._need("base", chain, (special,))
        for base in node.bases:
            if isinstance(base, ast.Subscript):
                self.expression(base.slice, plain=False)
        if metaclass:
            self._reads(metaclass)
            self._need("metaclass", metaclass)
        around, self.own = self.own, set()  # a nested class does not see the names of the one around it
        self._block(node.body)
        if any("dataclass" in (chain_of(getattr(item, "func", item)) or "") for item in node.decorator_list):
            check_dataclass(node)
        self.own = around

    def _annotation(self, node: ast.expr | None) -> None:
        if node is None or not self._annotations:
            return
        for part in ast.walk(node):
            if isinstance(part, (ast.Call, ast.NamedExpr, ast.Await, ast.Yield, ast.Starred)):
                raise NotHarmless
        for chain in outermost_chains(node):
            self._reads(chain)

    # Values

    def _assignment(self, targets: Sequence[ast.expr], value: ast.expr) -> None:
        for target in targets:
            if isinstance(target, ast.Tuple) and isinstance(value, (ast.Tuple, ast.List)):
                if len(target.elts) != len(value.elts) or not all(isinstance(item, ast.Name) for item in target.elts):
                    raise NotHarmless
            elif not isinstance(target, ast.Name):
                raise NotHarmless
        # A class tells each value of its body its name (`__set_name__`): only plain ones don't listen.
        self.expression(value, plain=self.own is not None)

    def _optional(self, node: ast.expr | None) -> None:
        if node is not None:
            self.expression(node, plain=False)

    def expression(self, node: ast.expr, *, plain: bool) -> None:
        """Take in an expression that is evaluated; `plain`: something is then done with its value."""
        if (chain := chain_of(node)) is not None:
            self._named(chain, "plain" if plain else "value")
            return
        match node:
            case ast.Constant() | ast.Lambda(args=ast.arguments(defaults=[], kw_defaults=[])):
                pass
            case ast.Tuple(elts=items) | ast.List(elts=items):
                for item in items:
                    self.expression(item, plain=plain)
            case ast.Set(elts=items):
                for item in items:
                    self.expression(item, plain=True)
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    if key is None or isinstance(key, (ast.List, ast.Dict, ast.Set)):
                        raise NotHarmless
                    self.expression(key, plain=True)
                    self.expression(value, plain=plain)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self.expression(test, plain=True)
                self.expression(body, plain=plain)
                self.expression(orelse, plain=plain)
            case ast.BoolOp(values=values):
                for value in values:
                    self.expression(value, plain=True)
            case ast.Compare(left=left, comparators=others):
                for value in (left, *others):
                    self.expression(value, plain=True)
            case ast.UnaryOp(operand=operand, op=op):
                self.expression(operand, plain=True)
                if not isinstance(op, ast.Not):
                    self._sort(operand, NUMBER)
            case ast.BinOp():
                self._sort(node, None)
            case ast.JoinedStr(values=values):
                for value in values:
                    if isinstance(value, ast.FormattedValue):
                        self._sort(value.value, None)
            case ast.Subscript(value=base, slice=index):
                self._subscript(base, index)
            case ast.Attribute(value=base, attr=attr):
                if attr not in PATH_ATTRIBUTES:
                    raise NotHarmless
                self._sort(base, PATH)
            case ast.Call():
                self._call(node)
            case _:
                raise NotHarmless

    def _named(self, chain: str, kind: str) -> None:
        head = chain.partition(".")[0]
        if self.own is not None and head in self.own:
            if "." in chain:
                raise NotHarmless
            return
        self._reads(chain)
        self._need(kind, chain)

    def _need(self, kind: str, chain: str, details: tuple[Any, ...] = ()) -> None:
        if self.own is not None and chain.partition(".")[0] in self.own:
            raise NotHarmless  # a name of the class body, of which nothing is known
        self.needs.append(Need(kind, chain, details))

    def _reads(self, chain: str) -> None:
        if self.own is None or chain.partition(".")[0] not in self.own:
            self.reads.append(chain)

    def _subscript(self, base: ast.expr, index: ast.expr) -> None:
        chain = chain_of(base)
        if chain is None:
            raise NotHarmless
        self._reads(chain)
        self._need("outside", chain)
        self.expression(index, plain=False)

    def _sort(self, node: ast.expr, wanted: str | None) -> str:
        """Return the sort of constant that an operand is, having put down what that rests on."""
        sort = self._sort_of(node, wanted)
        if wanted is not None and sort != wanted:
            raise NotHarmless
        return sort

    def _sort_of(self, node: ast.expr, wanted: str | None) -> str:
        match node:
            case ast.Constant(value=int() | float() | complex()):
                return NUMBER
            case ast.Constant(value=str()):
                return TEXT
            case ast.UnaryOp(operand=operand, op=ast.USub() | ast.UAdd()):
                return self._sort(operand, NUMBER)
            case ast.BinOp(left=left, right=right, op=op):
                return self._operation(left, right, op)
            case ast.JoinedStr():
                self.expression(node, plain=True)
                return TEXT
            case ast.Attribute() if chain_of(node) is None:
                self.expression(node, plain=True)
                return PATH
            case ast.Call():
                return self._call(node)
        if (chain := chain_of(node)) is None:
            raise NotHarmless
        self._reads(chain)
        self._need("sort", chain, (wanted or NUMBER,))
        return wanted or NUMBER

    def _operation(self, left: ast.expr, right: ast.expr, op: ast.operator) -> str:
        if isinstance(op, ast.Div) and isinstance(right, (ast.Constant, ast.JoinedStr)) and spells(right):
            return self._sort(left, PATH)
        if isinstance(op, ast.Add) and (spells(left) or spells(right)):
            self._sort(left, TEXT)
            return self._sort(right, TEXT)
        self._sort(left, NUMBER)
        if isinstance(op, _NUMERIC):
            return self._sort(right, NUMBER)
        # Division by zero, or a power without end, would keep the module from being imported.
        match right:
            case ast.Constant(value=int() | float() as value) if isinstance(op, _DIVISIONS) and 0 < value < 1000:
                return NUMBER
        raise NotHarmless

    def _call(self, node: ast.Call) -> str:
        """Take in a call of something harmless, if it is that; return the sort of what it gives."""
        if isinstance(node.func, ast.Attribute) and chain_of(node.func) is None:
            sort = self._sort(node.func.value, None)
            if node.func.attr not in METHODS.get(sort, ()):
                raise NotHarmless
            self._arguments(node, plain=True)
            return sort
        chain = chain_of(node.func)
        if chain is None or (self.own is not None and chain.partition(".")[0] in self.own):
            raise NotHarmless
        self._reads(chain)
        kept = len(self.needs)
        self._arguments(node, plain=False)
        # What merely keeps its arguments does nothing with them; all others need plain ones.
        taken = self.needs[kept:]
        self.needs[kept:] = []
        plain = tuple(need._replace(kind="plain") if need.kind == "value" else need for need in taken)
        self.needs.append(Need("call", chain, (tuple(taken), plain)))
        return PATH if chain.rpartition(".")[2] in ("Path", "PurePath") else PLAIN

    def _arguments(self, node: ast.Call, *, plain: bool) -> None:
        for argument in node.args:
            self.expression(argument, plain=plain)
        for word in node.keywords:
            if word.arg is None:
                raise NotHarmless
            self.expression(word.value, plain=plain)


def effects_of(node: ast.stmt, *, annotations: bool) -> Effects:
    """Judge one statement; `annotations`: they are evaluated (there is no such future import)."""
    reading = Reading(annotations=annotations)
    try:
        reading.statement(node)
    except NotHarmless:
        return Effects(sure=True)
    return Effects(False, tuple(dict.fromkeys(reading.needs)), tuple(dict.fromkeys(reading.reads)))
