from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from restrike.environment import Interpreter, whose
from restrike.environment.bytecode import compile_modules, folder_for

FILES = {"thing/__init__.py": "x = 1\n", "thing/used.py": "import colorsys\ny = 2\n", "thing/bad.py": "def (\n"}


@pytest.fixture
def interpreter(venv: Callable[..., Path], wheel: Callable[..., Path], project: Path) -> Interpreter:
    return whose(project, str(venv("venv", wheel("thing", "1.0", FILES))))


@pytest.fixture
def folder(interpreter: Interpreter, tmp_path: Path) -> Path:
    return folder_for("0" * 64, interpreter, cache_root=tmp_path / "root")


def loaded(interpreter: Interpreter, folder: Path) -> str:
    command = [interpreter.executable, "-B", "-v", "-X", f"pycache_prefix={folder}", "-c", "import thing.used"]
    return subprocess.check_output(command, stderr=subprocess.STDOUT, text=True)


def test_python_finds_what_was_compiled_and_nothing_is_compiled_twice(interpreter: Interpreter, folder: Path) -> None:
    (root,) = interpreter.site_packages
    modules = [root / "thing" / "__init__.py", root / "thing" / "used.py", interpreter.stdlib / "colorsys.py"]
    assert f"{folder}" not in loaded(interpreter, folder)
    assert compile_modules(interpreter, modules, folder=folder) == 3
    assert compile_modules(interpreter, modules, folder=folder) == 0
    for module in modules:
        assert f"code object from '{folder}{module.with_suffix('')}." in loaded(interpreter, folder)
    assert not list(root.rglob("*.pyc"))


def test_an_edited_module_is_compiled_again(interpreter: Interpreter, folder: Path) -> None:
    module = interpreter.site_packages[0] / "thing" / "used.py"
    compile_modules(interpreter, [module], folder=folder)
    module.write_text("y = 33\n")
    assert compile_modules(interpreter, [module], folder=folder) == 1
    os.utime(module, (1, 1))
    assert compile_modules(interpreter, [module], folder=folder) == 1


def test_what_is_not_installed_or_no_source_is_passed_over(
    interpreter: Interpreter, folder: Path, project: Path
) -> None:
    (project / "own.py").write_text("x = 1\n")
    passed_over = [project / "own.py", interpreter.site_packages[0] / "native.so"]
    assert compile_modules(interpreter, passed_over, folder=folder) == 0


def test_what_cannot_be_compiled_is_left_to_the_step_that_imports_it(interpreter: Interpreter, folder: Path) -> None:
    bad = interpreter.site_packages[0] / "thing" / "bad.py"
    assert compile_modules(interpreter, [bad], folder=folder) == 1
    assert not list(folder.rglob("bad.*"))
