"""The sorts of constants that a statement can bind, told by its text alone."""

from __future__ import annotations

import ast

from restrike.code.closure.shapes import chain_of

NUMBER, TEXT, PATH, PLAIN = "number", "text", "path", "plain"

# Methods of texts and paths that give a new value and do nothing else.
METHODS = {
    TEXT: {"split", "strip", "lower", "upper", "replace", "join", "splitlines", "encode", "removeprefix", "format"},
    PATH: {"resolve", "absolute", "joinpath", "with_suffix", "with_name", "expanduser", "as_posix"},
}
PATH_ATTRIBUTES = {"parent", "name", "stem", "suffix"}


def value_of(node: ast.stmt) -> str:
    """Return the sort of constant that an assignment binds, "" for all else."""
    match node:
        case (
            ast.Assign(targets=[ast.Name()], value=value) | ast.AnnAssign(target=ast.Name(), value=ast.expr() as value)
        ):
            return _sort_of_value(value)
    return ""


def _sort_of_value(value: ast.expr) -> str:
    match value:
        case ast.Constant(value=bool() | None):
            return PLAIN
        case ast.Constant(value=int() | float() | complex()) | ast.UnaryOp(operand=ast.Constant(value=int() | float())):
            return NUMBER
        case ast.Constant(value=str()):
            return TEXT
        case ast.Constant():
            return PLAIN
        case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
            return PLAIN if all(_sort_of_value(item) for item in items) else ""
        case ast.Dict(keys=keys, values=values):
            return PLAIN if all(item is not None and _sort_of_value(item) for item in (*keys, *values)) else ""
        case ast.BinOp(left=left, right=right):
            return NUMBER if {_sort_of_value(left), _sort_of_value(right)} == {NUMBER} else _path(value)
    return _path(value)


def _path(value: ast.expr) -> str:
    """Tell `Path(__file__).parent / "data"`, whatever `Path` may turn out to be."""
    while True:
        match value:
            case ast.BinOp(left=left, op=ast.Div(), right=ast.Constant(value=str())):
                value = left
            case ast.Attribute(value=base, attr=attr) if attr in PATH_ATTRIBUTES:
                value = base
            case ast.Call(func=ast.Attribute(value=base, attr=attr)) if attr in METHODS[PATH]:
                value = base
            case ast.Call(func=called):
                return PATH if (chain_of(called) or "").rpartition(".")[2] in ("Path", "PurePath") else ""
            case _:
                return ""


def spells(node: ast.expr) -> bool:
    """Tell whether an expression is a text as it stands."""
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
