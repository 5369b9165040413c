from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from restrike.base import digest
from restrike.base.atomic import KILL_AT
from restrike.environment import Environment, Rebuilt, capture, is_rebuilt, lock, prove, rebuild, whose
from restrike.environment.errors import LockIncomplete, PythonUnavailable, RebuildFailed

Make = Callable[..., Path]
Capture = Callable[..., Environment]


@dataclass(frozen=True)
class Recorded:
    document: dict[str, Any]
    lock: str
    root: Path

    @property
    def place(self) -> Path:
        return self.root / "envs" / digest.fingerprint(self.document)

    def rebuild(self, **options: Any) -> Rebuilt:
        return rebuild(self.document, self.lock, cache_root=self.root, **{"offline": True, **options})


@pytest.fixture
def recorded(real_venv: Path, captured: Capture, project: Path, tmp_path: Path) -> Recorded:
    found = captured(real_venv)
    return Recorded(found.document, lock(found, project=project, offline=False).text, tmp_path / "root")


def test_the_recorded_environment_comes_back(recorded: Recorded, real_venv: Path) -> None:
    shutil.rmtree(real_venv)
    told: list[str] = []
    built = recorded.rebuild(progress=told.append)
    assert (built.built, built.mismatches, built.path) == (True, (), recorded.place)
    assert prove(recorded.document, built) == []
    assert "installing 3 distributions" in told
    code = "import click, six, sys; print(sys.prefix, click.__file__)"
    answer = subprocess.run([built.interpreter.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.split()[0] == str(recorded.place)
    assert sorted(path.name for path in recorded.place.parent.glob(".*")) == []


def test_it_is_built_once_and_then_only_looked_at(recorded: Recorded, settle: Callable[[], None]) -> None:
    assert not is_rebuilt(recorded.place.name, cache_root=recorded.root)
    first = recorded.rebuild()
    assert is_rebuilt(recorded.place.name, cache_root=recorded.root)
    inode = (first.path / "pyvenv.cfg").stat().st_ino
    settle()
    again = recorded.rebuild()
    assert (again.built, again.interpreter, again.mismatches) == (False, first.interpreter, ())
    assert (first.path / "pyvenv.cfg").stat().st_ino == inode


def test_files_are_copies_of_ones_own(recorded: Recorded) -> None:
    built = recorded.rebuild()
    modules = list(built.path.rglob("click/*.py"))
    assert modules
    assert {path.stat().st_nlink for path in modules} == {1}
    assert not any(path.is_symlink() for path in modules)


def test_console_scripts_work_after_the_folder_took_its_name(
    venv: Make, wheel: Make, captured: Capture, project: Path, tmp_path: Path
) -> None:
    package = wheel(
        "tool",
        "1.0",
        {
            "tool.py": "def main():\n    print('it works')\n",
            "tool-1.0.dist-info/entry_points.txt": "[console_scripts]\ntool = tool:main\n",
        },
    )
    found = captured(venv("venv", package))
    made = lock(found, project=project)
    built = rebuild(found.document, made.text, cache_root=tmp_path / "root", offline=True, wheels=made.wheels)
    assert built.mismatches == ()
    assert subprocess.check_output([built.path / "bin" / "tool"], text=True) == "it works\n"


def test_an_environment_without_distributions_comes_back(venv: Make, captured: Capture, tmp_path: Path) -> None:
    found = captured(venv())
    assert rebuild(found.document, "", cache_root=tmp_path / "root", offline=True).mismatches == ()


def test_an_edited_one_is_built_anew(recorded: Recorded) -> None:
    first = recorded.rebuild()
    next(first.path.rglob("six.py")).write_text("x = 1\n")
    (mismatch,) = prove(recorded.document, first)
    assert (mismatch.distribution, mismatch.expected, mismatch.found) == ("six", "1.17.0", "1.17.0")
    assert mismatch.detail == "changed after it was installed: six.py"
    again = recorded.rebuild()
    assert (again.built, again.mismatches) == (True, ())


def test_one_whose_python_has_gone_is_built_anew(recorded: Recorded) -> None:
    first = recorded.rebuild()
    python = first.path / "bin" / "python"
    python.unlink()
    python.symlink_to("/gone/python3")
    assert recorded.rebuild().built


@pytest.mark.parametrize("spoilt", [b"", b"{", b"[]", b'{"format": "restrike.rebuilt/0"}'])
def test_one_without_a_good_marker_is_never_used(recorded: Recorded, spoilt: bytes) -> None:
    first = recorded.rebuild()
    (first.path / "restrike.json").write_bytes(spoilt)
    (first.path / "left over").write_text("")
    again = recorded.rebuild()
    assert again.built
    assert not (again.path / "left over").exists()


def test_a_spoilt_cache_of_uv_is_found_out(
    venv: Make, wheel: Make, captured: Capture, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))
    found = captured(venv("venv", wheel("thing", "1.0", {"thing.py": "x = 1\n"})))
    made = lock(found, project=project)

    def again(root: str) -> Rebuilt:
        return rebuild(found.document, made.text, cache_root=tmp_path / root, offline=True, wheels=made.wheels)

    assert again("before").mismatches == ()
    spoilt = list((tmp_path / "uv-cache").rglob("thing.py"))
    assert spoilt
    for path in spoilt:
        path.write_text("x = 2\n")
    assert [(one.distribution, one.detail) for one in again("after").mismatches] == [
        ("thing", "changed after it was installed: thing.py")
    ]
    assert again("before").mismatches == ()


def test_a_lock_that_does_not_cover_the_record_names_what_is_missing(recorded: Recorded) -> None:
    partly = Recorded(recorded.document, recorded.lock.replace("click==8.1.8", "click==8.1.7"), recorded.root)
    with pytest.raises(LockIncomplete) as raised:
        partly.rebuild()
    assert raised.value.details == ("click==8.1.8",)
    assert "1 of 3 distributions" in raised.value.what


def test_offline_and_not_in_uvs_cache_is_said(
    recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "empty"))
    with pytest.raises(RebuildFailed, match="without the network") as raised:
        recorded.rebuild()
    assert any("click" in line or "packaging" in line or "six" in line for line in raised.value.details)
    assert not recorded.place.exists()


def test_a_wheel_with_another_hash_is_refused(
    venv: Make, wheel: Make, captured: Capture, project: Path, tmp_path: Path
) -> None:
    package = wheel("thing", "1.0", {"thing.py": "x = 1\n"})
    found = captured(venv("venv", package))
    made = lock(found, project=project)
    wheel("thing", "1.0", {"thing.py": "x = 2\n"})
    with pytest.raises(RebuildFailed):
        rebuild(found.document, made.text, cache_root=tmp_path / "root", offline=True, wheels=made.wheels)


def test_a_python_that_this_machine_lacks_is_named(recorded: Recorded) -> None:
    document = {**recorded.document, "python": "3.10.99"}
    with pytest.raises(PythonUnavailable, match=r"this machine has no cpython 3\.10\.99") as raised:
        rebuild(document, recorded.lock, cache_root=recorded.root, offline=True)
    assert raised.value.hint == "uv python install cpython@3.10.99"


def test_the_python_that_was_used_is_tried_first(recorded: Recorded, venv: Make, tmp_path: Path) -> None:
    assert recorded.rebuild(python=Path("/gone/python")).mismatches == ()
    shutil.rmtree(recorded.root)
    python = venv("another") / "bin" / "python"
    assert recorded.rebuild(python=python).interpreter.base_prefix == Path(sys.base_prefix)


def test_another_c_library_is_said_and_is_no_reason_to_build_again(
    recorded: Recorded, settle: Callable[[], None]
) -> None:
    there = Recorded({**recorded.document, "libc": "glibc 2.17"}, recorded.lock, recorded.root)
    first = there.rebuild()
    assert [one.distribution for one in first.mismatches] == ["libc"]
    again = there.rebuild()
    assert (again.built, again.mismatches) == (False, first.mismatches)


def test_another_lock_is_a_reason_to_build_again_what_did_not_match(recorded: Recorded) -> None:
    there = Recorded({**recorded.document, "libc": "glibc 2.17"}, recorded.lock, recorded.root)
    there.rebuild()
    other = Recorded(there.document, recorded.lock + "more==1 --hash=sha256:" + "0" * 64, recorded.root)
    with pytest.raises(RebuildFailed):
        other.rebuild()


SCRIPT = """
import json, sys
from pathlib import Path
from restrike.environment import rebuild
given = json.load(open(sys.argv[1]))
built = rebuild(given["document"], given["lock"], cache_root=Path(given["root"]), offline=True)
print(built.built, len(built.mismatches))
"""


def process(recorded: Recorded, tmp_path: Path, **variables: str) -> subprocess.Popen[str]:
    given = tmp_path / "given.json"
    given.write_text(json.dumps({"document": recorded.document, "lock": recorded.lock, "root": str(recorded.root)}))
    environ = {**os.environ, **variables}
    return subprocess.Popen([sys.executable, "-c", SCRIPT, given], stdout=subprocess.PIPE, text=True, env=environ)


def test_two_at_once_build_it_once(recorded: Recorded, tmp_path: Path) -> None:
    both = [process(recorded, tmp_path), process(recorded, tmp_path)]
    assert sorted(one.communicate(timeout=120)[0] for one in both) == ["False 0\n", "True 0\n"]


def test_killed_anywhere_it_is_never_half_built(recorded: Recorded, tmp_path: Path) -> None:
    deaths = 0
    for point in range(1, 60):
        killed = process(recorded, tmp_path, **{KILL_AT: str(point)})
        killed.communicate(timeout=120)
        if killed.returncode == 0:
            break
        assert killed.returncode == -signal.SIGKILL
        deaths += 1
    else:
        pytest.fail("it never came to its end")
    assert deaths >= 3
    assert recorded.rebuild().mismatches == ()
    assert list(recorded.place.parent.glob(".*")) == []


def test_a_build_that_died_leaves_nothing_for_good(recorded: Recorded) -> None:
    left = recorded.place.with_name(f".{recorded.place.name}.0123456789ab.building")
    (left / "lib").mkdir(parents=True)
    other = recorded.place.with_name(".of another.0123456789ab.building")
    other.mkdir()
    recorded.rebuild()
    assert (left.exists(), other.exists()) == (False, True)


def test_a_current_environment_is_proved_as_it_was_captured(
    recorded: Recorded, real_venv: Path, project: Path, captured: Capture
) -> None:
    shutil.rmtree(next(real_venv.rglob("click-*.dist-info")))
    shutil.rmtree(next(real_venv.glob("lib/*/site-packages/click")))
    found = capture(whose(project, str(real_venv)), project=project, cache=project / "cache")
    (mismatch,) = prove(recorded.document, found)
    assert (mismatch.distribution, mismatch.found, mismatch.detail) == ("click", None, "it is not installed")
