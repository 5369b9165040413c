from __future__ import annotations

import json
import os
import shutil
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from restrike.environment import interpreter as module
from restrike.environment import uv, whose
from restrike.environment.errors import InterpreterMissing, InterpreterTooOld
from restrike.environment.interpreter import outermost


def script(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_a_declared_environment_is_relative_to_the_project(venv: Callable[..., Path], project: Path) -> None:
    venv("my project ü/env")
    found = whose(project, "env")
    assert found.executable == project / "env" / "bin" / "python"
    assert (found.prefix, found.is_venv, found.origin) == (project / "env", True, "environment.python")
    assert found.base_prefix == Path(sys.base_prefix)
    assert found.python == ".".join(map(str, sys.version_info[:3]))
    assert [path.name for path in found.site_packages] == ["site-packages"]
    assert found.site_packages[0].is_relative_to(found.prefix)


def test_an_executable_may_be_declared(venv: Callable[..., Path], project: Path) -> None:
    folder = venv()
    assert whose(project, str(folder / "bin" / "python3")).prefix == folder


def test_a_name_on_the_path_may_be_declared(
    venv: Callable[..., Path], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = venv()
    monkeypatch.setenv("PATH", f"{folder / 'bin'}:{os.environ['PATH']}")
    assert whose(project, "python").prefix == folder


def test_the_order_is_declared_active_own_then_the_one_that_runs_restrike(
    venv: Callable[..., Path], project: Path
) -> None:
    declared, active, conda = venv("declared"), venv("active"), venv("conda")
    assert whose(project, None, environ={}).origin == "restrike"
    own = venv("my project ü/.venv")
    both = {"VIRTUAL_ENV": str(active), "CONDA_PREFIX": str(conda)}
    assert whose(project, None, environ={}).prefix == own
    assert whose(project, None, environ={"CONDA_PREFIX": str(conda)}).prefix == conda
    assert whose(project, None, environ={"CONDA_PREFIX": str(conda), "CONDA_DEFAULT_ENV": "base"}).prefix == own
    assert whose(project, None, environ=both).prefix == active
    assert whose(project, str(declared), environ=both).prefix == declared


@pytest.mark.parametrize("declared", ["nowhere", "no/where", "/no/where", "empty"])
def test_what_is_not_there_is_said(project: Path, declared: str) -> None:
    (project / "empty").mkdir()
    with pytest.raises(InterpreterMissing) as raised:
        whose(project, declared)
    assert raised.value.where == "environment.python"
    assert f"{declared}'" in raised.value.what
    assert raised.value.hint is not None


def test_a_dangling_link_is_named_with_its_target(venv: Callable[..., Path], project: Path) -> None:
    folder = venv("my project ü/.venv")
    for name in ("python", "python3"):
        (folder / "bin" / name).unlink()
    (folder / "bin" / "python").symlink_to("/gone/python3.11")
    with pytest.raises(InterpreterMissing, match=r"is a link to '/gone/python3\.11', which does not exist") as raised:
        whose(project, None, environ={})
    assert raised.value.hint == f"uv venv --clear '{folder}'"


def test_a_stale_activation_is_an_error_and_not_passed_over(project: Path, venv: Callable[..., Path]) -> None:
    venv("my project ü/.venv")
    with pytest.raises(InterpreterMissing) as raised:
        whose(project, None, environ={"VIRTUAL_ENV": "/gone"})
    assert (raised.value.where, raised.value.hint) == ("VIRTUAL_ENV", "unset VIRTUAL_ENV")


def test_what_is_no_python_is_said(tmp_path: Path, project: Path) -> None:
    silent = script(tmp_path / "silent", "#!/bin/sh\nexit 0\n")
    broken = script(tmp_path / "broken", "#!/bin/sh\necho libpython3.11.so.1.0: not found >&2\nexit 127\n")
    binary = script(tmp_path / "binary", "\x7fnot a program")
    for path in (silent, broken, binary):
        with pytest.raises(InterpreterMissing):
            whose(project, str(path))
    with pytest.raises(InterpreterMissing) as raised:
        whose(project, str(broken))
    assert raised.value.details == ("libpython3.11.so.1.0: not found",)


def test_an_old_python_is_refused_with_its_version(tmp_path: Path, project: Path) -> None:
    old = script(tmp_path / "old", '#!/bin/sh\necho \'{"python": "3.9.18"}\'\n')
    with pytest.raises(InterpreterTooOld, match=r"is Python 3\.9\.18; steps need Python 3\.10 or later"):
        whose(project, str(old))


def test_an_interpreter_is_asked_once(
    venv: Callable[..., Path], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = venv()
    first = whose(project, str(folder))
    monkeypatch.setattr(module.process, "call", lambda *_, **__: pytest.fail("it was asked again"))
    assert whose(project, str(folder)) == first


def test_an_interpreter_is_asked_again_when_its_settings_change(venv: Callable[..., Path], project: Path) -> None:
    folder = venv()
    assert len(whose(project, str(folder)).site_packages) == 1
    settings = (folder / "pyvenv.cfg").read_text()
    (folder / "pyvenv.cfg").write_text(settings.replace("packages = false", "packages = true"))
    assert len(whose(project, str(folder)).site_packages) > 1


def test_a_spoilt_cache_is_an_empty_one(venv: Callable[..., Path], project: Path, tmp_path: Path) -> None:
    folder = venv()
    first = whose(project, str(folder))
    (kept,) = (tmp_path / "user-cache" / "interpreters").iterdir()
    for spoilt in (b"", b"[]", b"{", json.dumps({"format": "restrike.interpreter/1"}).encode()):
        kept.write_bytes(spoilt)
        assert whose(project, str(folder)) == first


def test_a_cache_that_cannot_be_written_does_no_harm(
    venv: Callable[..., Path], project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "a file").write_text("")
    monkeypatch.setenv("RESTRIKE_CACHE", str(tmp_path / "a file"))
    assert whose(project, str(venv())).is_venv


def test_a_shim_is_asked_every_time(venv: Callable[..., Path], project: Path, tmp_path: Path) -> None:
    one, other = venv("one"), venv("other")
    shim = script(tmp_path / "shim", f'#!/bin/sh\nexec "{one}/bin/python" "$@"\n')
    size = shim.stat().st_size
    assert whose(project, str(shim)).prefix == one
    script(shim, f'#!/bin/sh\nexec "{other}/bin/python" "$@"\n'.ljust(size))
    assert whose(project, str(shim)).prefix == other


def test_every_supported_python_can_be_asked(project: Path) -> None:
    for minor in range(10, 15):
        if executable := shutil.which(f"python3.{minor}"):
            try:
                found = whose(project, executable)
            except InterpreterMissing:
                continue  # a version manager's shim for a version that is not switched on
            assert found.python.startswith(f"3.{minor}.")
            assert found.soabi.startswith(f"cpython-3{minor}")


def test_the_seal_holds_prefix_base_and_every_link_on_the_way(
    venv: Callable[..., Path], project: Path, tmp_path: Path
) -> None:
    folder = venv()
    base = Path(sys.base_prefix)
    (tmp_path / "minor").symlink_to(base)
    python = folder / "bin" / "python"
    python.unlink()
    python.symlink_to(tmp_path / "minor" / "bin" / f"python3.{sys.version_info[1]}")
    paths = whose(project, str(folder)).seal_paths
    assert folder in paths
    assert tmp_path / "minor" in paths
    assert any(base.is_relative_to(path) for path in paths)


def test_outermost_leaves_out_what_lies_below_or_does_not_exist(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "ab").mkdir()
    folders = [tmp_path / "a" / "b", tmp_path / "ab", tmp_path / "a", tmp_path / "gone"]
    assert outermost(folders) == (tmp_path / "a", tmp_path / "ab")


@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="there is no Python of the system")
def test_a_venv_of_the_systems_python_has_its_own_site_packages(tmp_path: Path, project: Path) -> None:
    folder = tmp_path / "venv"
    made = uv.call(["venv", "--no-project", "--python", "/usr/bin/python3", folder], folder=tmp_path, offline=True)
    assert made.ok, made.complaint
    (site,) = folder.glob("lib/python*/site-packages")
    assert whose(project, str(folder)).site_packages == (site,)
