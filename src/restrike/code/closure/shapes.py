"""What can be told of a class, or of a function that makes functions, by its text alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

_HOOKS = {"__init_subclass__", "__class_getitem__", "__prepare__", "__mro_entries__"}
# An enumeration calls these while its class is being made.
_SPECIAL = {"__init__", "__new__", "_generate_next_value_", "__setattr__"}


class NotHarmless(Exception):
    """Executing this may do anything."""


def chain_of(node: ast.AST) -> str | None:
    """Return `a.b.c` for a name with attributes, None for anything else."""
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(attributes)]) if isinstance(node, ast.Name) else None


def outermost_chains(node: ast.AST) -> Iterator[str]:
    """Yield every dotted name in an expression, each as long as it is written."""
    chain = chain_of(node)
    if chain is not None:
        yield chain
        return
    for child in ast.iter_child_nodes(node):
        yield from outermost_chains(child)


def bound_by(node: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement of a class body binds."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
        return
    for part in ast.walk(node):
        if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield part.name
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            yield part.id
        elif isinstance(part, ast.alias):
            yield part.asname or part.name.partition(".")[0]


def shape_of(node: ast.ClassDef) -> tuple[tuple[str, ...], bool, bool, str] | None:
    """Return a class's bases, whether it takes notice of its subclasses, whether it has its own way of being made, and
    its metaclass; None if these cannot be told.
    """
    bases = [chain_of(base.value if isinstance(base, ast.Subscript) else base) for base in node.bases]
    metaclass = ""
    for word in node.keywords:
        if word.arg == "metaclass" and (chain := chain_of(word.value)):
            metaclass = chain
        elif not (word.arg == "total" and isinstance(word.value, ast.Constant)):
            return None
    if None in bases:
        return None
    defined = {bound for statement in node.body for bound in bound_by(statement)}
    return tuple(base or "" for base in bases), bool(defined & _HOOKS), bool(defined & _SPECIAL), metaclass


def check_dataclass(node: ast.ClassDef) -> None:
    """Raise NotHarmless for fields that `dataclass` refuses: the module could then not be imported."""
    defaulted = False
    for statement in node.body:
        if not isinstance(statement, ast.AnnAssign):
            continue
        if isinstance(statement.value, (ast.List, ast.Dict, ast.Set)):
            raise NotHarmless
        if statement.value is None and defaulted and "ClassVar" not in ast.dump(statement.annotation):
            raise NotHarmless
        defaulted = defaulted or statement.value is not None


def wrapper_of(node: ast.FunctionDef) -> tuple[Any, ...] | None:
    """Describe a function that only defines and returns inner functions.

    The result is (names it decorates them with, the same for the function that it returns or None); None if the
    function does anything else when it is called.
    """
    inner: dict[str, ast.FunctionDef] = {}
    arguments = node.args
    local = {item.arg for item in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    used: list[str] = []
    returned: ast.FunctionDef | None = None
    for statement in node.body:
        match statement:
            case ast.Expr(value=ast.Constant()):
                pass
            case ast.FunctionDef(name=name):
                if (chains := _harmless_inner(statement, local | inner.keys())) is None:
                    return None
                used += chains
                inner[name] = statement
            case ast.Return(value=ast.Name(id=name)) if name in inner or name in local:
                returned = inner.get(name)
            case _:
                return None
    deeper = wrapper_of(returned) if returned is not None else None
    return tuple(used), deeper


def _harmless_inner(node: ast.FunctionDef, local: set[str]) -> list[str] | None:
    """Return what an inner function is decorated with; None if that, or its defaults, do more than name things."""
    chains = []
    for decorator in node.decorator_list:
        chain = chain_of(decorator.func if isinstance(decorator, ast.Call) else decorator)
        if chain is None or chain.partition(".")[0] in local:
            return None
        if isinstance(decorator, ast.Call):
            arguments = (*decorator.args, *(word.value for word in decorator.keywords))
            if not all(isinstance(item, (ast.Constant, ast.Name)) for item in arguments):
                return None
        chains.append(chain)
    defaults = (*node.args.defaults, *(item for item in node.args.kw_defaults if item is not None))
    annotations = (node.returns, *(item.annotation for item in (*node.args.args, *node.args.kwonlyargs)))
    if not all(isinstance(item, (ast.Constant, ast.Name)) for item in defaults):
        return None
    if any(isinstance(part, ast.Call) for item in annotations if item for part in ast.walk(item)):
        return None
    return chains
