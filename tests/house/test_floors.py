"""Who may import what, beyond what import-linter can tell: third-party packages and when they are loaded."""

from __future__ import annotations

import ast
import configparser
import json
import shutil
import subprocess
import sys

import pytest

ENGINE = ("base", "pipeline", "codecs", "evaluation", "training", "worker")
DRAWING = {"click", "rich"}

# Imports every module below a folder, alone on sys.path, and prints what is loaded that is neither of it nor standard.
PROBE = """
import json, pkgutil, importlib, sys
sys.path[:] = [entry for entry in sys.path if "site-packages" not in entry]
sys.path.insert(0, sys.argv[1])
before = set(sys.modules)
for name in sys.argv[2:]:
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(getattr(package, "__path__", []), name + "."):
        importlib.import_module(module.name)
loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
print(json.dumps(sorted(loaded - set(sys.stdlib_module_names) - {"restrike"})))
"""


def foreign(folder, *packages):
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", "-c", PROBE, str(folder), *packages],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def engine(source, tmp_path):
    """The engine as it is injected into a sealed process: nothing of restrike but its rooms."""
    target = tmp_path / "engine" / "restrike"
    target.mkdir(parents=True)
    shutil.copy(source / "__init__.py", target)
    for room in ENGINE:
        shutil.copytree(source / room, target / room, ignore=shutil.ignore_patterns("__pycache__"))
    return target.parent


def test_the_engine_loads_the_standard_library_only(engine):
    assert foreign(engine, *(f"restrike.{room}" for room in ENGINE)) == []


def test_a_module_of_the_engine_that_loads_a_package_would_be_caught(engine):
    (engine / "restrike" / "base" / "spoilt.py").write_text("import click\n")
    with pytest.raises(AssertionError, match="No module named 'click'"):
        foreign(engine, "restrike.base")


def test_the_engine_is_written_for_python_3_10(source):
    for room in ENGINE:
        for path in sorted((source / room).rglob("*.py")):
            ast.parse(path.read_bytes(), str(path), feature_version=(3, 10))


def test_importing_restrike_loads_the_standard_library_only_and_does_no_work(source):
    program = (
        "import sys; before = set(sys.modules); import restrike; "
        "print(sorted(name for name in set(sys.modules) - before if name.startswith('restrike')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "['restrike']\n"
    assert foreign(source.parent, "restrike.base") == []


def imports(path):
    """Yield the first name of every package that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").partition(".")[0]


def test_only_the_command_line_draws(source):
    drawing = {path.relative_to(source).parts[0] for path in source.rglob("*.py") if DRAWING & set(imports(path))}
    assert drawing <= {"cli"}


def test_the_command_line_is_kept_from_every_room_but_the_api_and_base(root, source):
    contracts = configparser.ConfigParser()
    contracts.read(root / ".importlinter")
    forbidden = set(contracts["importlinter:contract:screens"]["forbidden_modules"].split())
    rooms = {path.parent.name for path in source.glob("*/__init__.py")} - {"cli", "api", "base"}
    assert forbidden == {f"restrike.{room}" for room in rooms}
