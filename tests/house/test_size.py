"""Nothing grows too long to be read at one go."""

from __future__ import annotations

import ast

LINES_OF_A_FILE = 450
LINES_OF_A_FUNCTION = 60


def functions(path):
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            yield node.end_lineno - first + 1, f"{node.name} ({path.name}:{first})"


def test_no_file_is_too_long(source, record_property):
    sizes = sorted(((len(path.read_bytes().splitlines()), path.name) for path in source.rglob("*.py")), reverse=True)
    record_property("longest files", sizes[:5])
    assert [size for size in sizes if size[0] > LINES_OF_A_FILE] == []


def test_no_function_is_too_long(source, record_property):
    sizes = sorted((size for path in source.rglob("*.py") for size in functions(path)), reverse=True)
    record_property("longest functions", sizes[:5])
    assert [size for size in sizes if size[0] > LINES_OF_A_FUNCTION] == []


def test_no_room_for_things_without_a_name(source):
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "handlers"}
    assert [path.name for path in source.rglob("*") if path.stem in vague] == []
