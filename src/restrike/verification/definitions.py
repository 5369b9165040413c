"""Which functions, classes and values of a module an edit changed; comments and layout are no change."""

from __future__ import annotations

import ast


def changed_definitions(before: bytes, after: bytes) -> list[str]:
    """Return the top-level names whose code differs, `(module)` for statements outside any definition.

    A file that does not parse counts as changed in whole.
    """
    try:
        left, right = _definitions(before), _definitions(after)
    except (SyntaxError, ValueError):
        return ["(module)"]
    return [name for name in dict.fromkeys([*left, *right]) if left.get(name) != right.get(name)]


def _definitions(source: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in ast.parse(source).body:
        name = _name(node)
        found[name] = found.get(name, "") + ast.dump(node)
    return found


def _name(node: ast.stmt) -> str:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return node.name
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id
    return "(module)"
