from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from restrike.environment import Interpreter, whose
from restrike.environment.bytecode import compile_modules

FILES = {"thing/__init__.py": "x = 1\n", "thing/used.py": "y = 2\n", "thing/bad.py": "def (\n"}


@pytest.fixture
def interpreter(venv: Callable[..., Path], wheel: Callable[..., Path], project: Path) -> Interpreter:
    return whose(project, str(venv("venv", wheel("thing", "1.0", FILES))))


def loaded(interpreter: Interpreter) -> str:
    command = [interpreter.executable, "-B", "-v", "-c", "import thing.used"]
    return subprocess.check_output(command, stderr=subprocess.STDOUT, text=True)


def test_python_finds_what_was_compiled_and_nothing_is_compiled_twice(interpreter: Interpreter) -> None:
    (root,) = interpreter.site_packages
    modules = [root / "thing" / "__init__.py", root / "thing" / "used.py"]
    assert f"code object from '{root}/thing/__pycache__" not in loaded(interpreter)
    assert compile_modules(interpreter, modules) == 2
    assert compile_modules(interpreter, modules) == 0
    for module in modules:
        assert f"code object from '{root}/thing/__pycache__/{module.stem}." in loaded(interpreter)


def test_only_what_is_installed_in_the_environment_is_compiled(interpreter: Interpreter, project: Path) -> None:
    (project / "own.py").write_text("x = 1\n")
    others = [project / "own.py", interpreter.stdlib / "colorsys.py", interpreter.site_packages[0] / "native.so"]
    assert compile_modules(interpreter, others) == 0


def test_what_cannot_be_compiled_is_left_to_the_step_that_imports_it(interpreter: Interpreter) -> None:
    bad = interpreter.site_packages[0] / "thing" / "bad.py"
    assert compile_modules(interpreter, [bad]) == 1
    assert not list((bad.parent / "__pycache__").glob("bad.*"))
