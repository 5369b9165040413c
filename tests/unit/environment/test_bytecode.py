from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from restrike.environment import Environment, Rebuilt, compile_modules, lock, prove, rebuild

Make = Callable[..., Path]


@pytest.fixture
def rebuilt(
    venv: Make, wheel: Make, captured: Callable[..., Environment], project: Path, tmp_path: Path
) -> tuple[Environment, Rebuilt]:
    files = {"thing/__init__.py": "x = 1\n", "thing/used.py": "y = 2\n", "thing/bad.py": "def (\n"}
    found = captured(venv("venv", wheel("thing", "1.0", files)))
    made = lock(found, project=project)
    return found, rebuild(found.document, made.text, cache_root=tmp_path / "root", offline=True, wheels=made.wheels)


def test_what_is_used_is_compiled_once_and_proves_equal_still(
    rebuilt: tuple[Environment, Rebuilt], tmp_path: Path
) -> None:
    found, built = rebuilt
    modules = sorted(built.path.rglob("thing/*.py"))
    outside = tmp_path / "outside.py"
    outside.write_text("x = 1\n")
    used = [path for path in modules if path.name != "bad.py"]
    assert compile_modules(built, [*used, outside, built.path / "lib" / "native.so"]) == 2
    assert compile_modules(built, used) == 0
    assert not (tmp_path / "__pycache__").exists()
    assert prove(found.document, built) == []
    answer = subprocess.check_output(
        [built.interpreter.executable, "-B", "-v", "-c", "import thing.used"], stderr=subprocess.STDOUT, text=True
    )
    assert "thing/__pycache__/used.cpython" in answer


def test_what_cannot_be_compiled_is_left_to_the_step_that_imports_it(rebuilt: tuple[Environment, Rebuilt]) -> None:
    bad = next(rebuilt[1].path.rglob("bad.py"))
    assert compile_modules(rebuilt[1], [bad]) == 1
    assert not list(bad.parent.rglob("bad.*.pyc"))


def test_an_unfinished_environment_is_not_written_to(rebuilt: tuple[Environment, Rebuilt]) -> None:
    (rebuilt[1].path / "restrike.json").unlink()
    with pytest.raises(ValueError, match="not a finished environment"):
        compile_modules(rebuilt[1], [])
