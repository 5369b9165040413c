"""Bytecode of an engine is kept for the Python that compiled it, used when it is whole, and never missed."""

import subprocess
import sys
from pathlib import Path

import pytest

from restrike import environment
from restrike.execution import compiled

ENGINE = "5" * 64


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("RESTRIKE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "engines"


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory):
    return environment.whose(tmp_path_factory.mktemp("project"), sys.executable)


def archive(folder, text="def told():\n    return __file__, told.__code__.co_filename\n"):
    (folder / "restrike").mkdir(parents=True)
    (folder / "restrike" / "part.py").write_text(text)
    return folder


def imported(folder, code="import restrike.part as part; print(*part.told(), part.__cached__)"):
    words = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(folder)!r}); {code}"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()


def test_what_was_compiled_once_is_laid_beside_the_sources_again(tmp_path, cache, interpreter, monkeypatch):
    compiled.lay_beside(archive(tmp_path / "a"), ENGINE, interpreter)
    monkeypatch.setattr(compiled, "_compile", lambda *_: pytest.fail("compiled twice"))
    second = archive(tmp_path / "b")
    compiled.lay_beside(second, ENGINE, interpreter)
    source = str(second / "restrike" / "part.py")
    assert imported(second)[:2] == [source, source]  # not the place where it was compiled
    (cached,) = second.rglob("*.pyc")
    assert cached.read_bytes()[4] == 1  # by the hash of its source, which nobody looks at again


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: bytes([data[0] ^ 1]) + data[1:], lambda _: b""]
)
def test_what_is_damaged_is_not_used(tmp_path, cache, interpreter, damage):
    compiled.lay_beside(archive(tmp_path / "a"), ENGINE, interpreter)
    (kept,) = cache.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(damage(whole))
    compiled.lay_beside(archive(tmp_path / "b"), ENGINE, interpreter)
    assert list((tmp_path / "b").rglob("*.pyc"))
    assert len(kept.read_bytes()) == len(whole)  # mended


def test_another_python_or_engine_has_its_own(tmp_path, cache, interpreter):
    from dataclasses import replace

    for number, (engine, python) in enumerate(
        [(ENGINE, interpreter), ("6" * 64, interpreter), (ENGINE, replace(interpreter, binary="0" * 64))]
    ):
        compiled.lay_beside(archive(tmp_path / str(number)), engine, python)
    assert len(list(cache.iterdir())) == 3


def test_only_the_latest_are_kept(tmp_path, cache, interpreter):
    for number in range(compiled.KEPT + 2):
        compiled.lay_beside(archive(tmp_path / str(number)), f"{number:064}", interpreter)
    assert len(list(cache.iterdir())) == compiled.KEPT


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path, interpreter, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("RESTRIKE_CACHE", str(tmp_path / "file"))
    compiled.lay_beside(archive(tmp_path / "a"), ENGINE, interpreter)
    assert imported(tmp_path / "a")[0] == str(Path(tmp_path / "a" / "restrike" / "part.py"))
