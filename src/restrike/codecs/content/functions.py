"""Callables and classes: by name, and by what they do where that is the user's code.

Code of the standard library and of installed distributions is fixed by the environment, so its name says it all. Any
other function counts with its source, without layout, comments and docstring; a change of `lambda x: x + 1` to `x + 2`
changes the model that holds it.
"""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from restrike.codecs.content.parts import Branch, Leaf, qualified

if TYPE_CHECKING:
    import ast


def of_class(value: type) -> Leaf:
    return Leaf("class", [qualified(value).encode()], qualified(value))


def of_method(value: types.MethodType) -> Branch:
    labels = [".__func__", ".__self__"]
    return Branch("method", [value.__func__, value.__self__], label=labels.__getitem__)


def of_builtin(value: types.BuiltinFunctionType) -> Branch | Leaf:
    owner = getattr(value, "__self__", None)
    if owner is None or isinstance(owner, types.ModuleType):
        return Leaf("builtin", [qualified(value).encode()], qualified(value))
    return Branch(f"builtin method {value.__name__}", [owner], label=lambda _: ".__self__")


def of_cell(value: types.CellType) -> Branch:
    try:
        return Branch("cell", [value.cell_contents], label=lambda _: ".cell_contents")
    except ValueError:
        return Branch("empty cell", [])


def of_function(value: types.FunctionType) -> Branch | Leaf:
    """Return the name of an installed function; of another also its code, defaults, closure and attributes."""
    if _is_installed(value) and _is_importable(value):
        return Leaf("function", [qualified(value).encode()], qualified(value))
    free = value.__code__.co_freevars
    cells = [part for name, cell in zip(free, value.__closure__ or (), strict=True) for part in (name, cell)]
    children = [
        qualified(value),
        value.__code__,
        value.__defaults__,
        value.__kwdefaults__,
        Branch("closure", cells, "mapping", lambda index: f" closure variable '{free[index]}'"),
        {name: item for name, item in value.__dict__.items() if name != "__wrapped__"},
    ]
    labels = [".__qualname__", "", ".__defaults__", ".__kwdefaults__", "", ".__dict__"]
    return Branch("function", children, label=labels.__getitem__)


def of_code(value: types.CodeType) -> Leaf | Branch:
    """Return a function's normalised source, or its bytecode and constants where no source is to be had."""
    text = _source(value)
    if text is not None:
        return Leaf("source", [text.encode("utf-8", "surrogatepass")], text)
    constants = [item for item in value.co_consts if not isinstance(item, types.CodeType)]
    inner = [item for item in value.co_consts if isinstance(item, types.CodeType)]
    version = f"bytecode {sys.implementation.name} {sys.version_info[0]}.{sys.version_info[1]}"
    names = [list(group) for group in (value.co_names, value.co_varnames, value.co_freevars, value.co_cellvars)]
    counts = [value.co_argcount, value.co_posonlyargcount, value.co_kwonlyargcount, value.co_flags]
    return Branch(version, [value.co_code, constants, inner, names, counts])


def _is_importable(value: types.FunctionType) -> bool:
    found: Any = sys.modules.get(value.__module__ or "")
    for name in value.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is value


def _is_installed(value: types.FunctionType) -> bool:
    path = value.__code__.co_filename
    return path.startswith("<frozen") or any(path.startswith(folder) for folder in _installed_folders())


@functools.lru_cache(maxsize=1)
def _installed_folders() -> tuple[str, ...]:
    import site
    import sysconfig

    paths = sysconfig.get_paths()
    folders = {paths["stdlib"], paths["platstdlib"], paths["purelib"], paths["platlib"], *site.getsitepackages()}
    return tuple(folder.rstrip("/") + "/" for folder in sorted(folders))


def _source(code: types.CodeType) -> str | None:
    import linecache

    lines = linecache.getlines(code.co_filename)
    if not lines:
        return None
    by_line = _definitions("".join(lines))
    candidates = by_line.get((code.co_firstlineno, code.co_name), []) if by_line is not None else []
    if len(candidates) > 1:
        candidates = [node for node in candidates if _columns(node) == _columns_of_code(code)]
    return normalised(candidates[0]) if len(candidates) == 1 else None


@functools.lru_cache(maxsize=32)
def _definitions(text: str) -> dict[tuple[int, str], list[ast.AST]] | None:
    """Return the functions and lambdas of a module by (first line as their code object knows it, name)."""
    import ast

    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found: dict[tuple[int, str], list[ast.AST]] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            found.setdefault((first, node.name), []).append(node)
        elif isinstance(node, ast.Lambda):
            found.setdefault((node.lineno, "<lambda>"), []).append(node)
    return found


def _columns(node: Any) -> tuple[int, int]:
    body = node.body if not isinstance(node.body, list) else node.body[0]
    return body.lineno, body.col_offset


def _columns_of_code(code: types.CodeType) -> tuple[int, int] | None:
    """Return where the body of a lambda begins; None before Python 3.11, which does not keep columns."""
    positions: Iterator[Any] = getattr(code, "co_positions", lambda: iter(()))()
    starts = [(line, column) for line, _, column, _ in positions if line is not None and column]
    return min(starts) if starts else None


def normalised(node: ast.AST) -> str:
    """Return a definition as text that no layout, comment, docstring, position or version of Python changes."""
    import ast

    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and ast.get_docstring(node, clean=False):
        fields = [(name, item[1:] if name == "body" else item) for name, item in ast.iter_fields(node)]
    else:
        fields = list(ast.iter_fields(node))
    # Fields that are empty are left out: newer versions of Python add some.
    inner = ", ".join(f"{name}={_field(item)}" for name, item in fields if item is not None and item != [])
    return f"{type(node).__name__}({inner})"


def _field(item: Any) -> str:
    import ast

    if isinstance(item, ast.AST):
        return normalised(item)
    if isinstance(item, list):
        return "[" + ", ".join(_field(part) for part in item) + "]"
    return f"{type(item).__name__}:{item!r}"
