"""Real virtual environments, and wheels made on the spot so that most tests need no network and no cache."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from restrike.environment import Environment, capture, whose
from restrike.environment import uv as uv_program

PINNED = ("click==8.1.8", "packaging==24.2", "six==1.17.0")


def uv(*arguments: str | os.PathLike[str], folder: Path) -> None:
    """Run uv from its cache, and over the network only where that is not enough."""
    for offline in (True, False):
        done = uv_program.call(list(arguments), folder=folder, offline=offline)
        if done.ok:
            return
    pytest.fail(done.complaint)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTRIKE_CACHE", str(tmp_path / "user-cache"))
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "my project ü"
    folder.mkdir()
    return folder


@pytest.fixture
def venv(tmp_path: Path) -> Callable[..., Path]:
    """Make a virtual environment; return its folder."""

    def make(name: str = "venv", *packages: str | Path, python: str = sys.executable) -> Path:
        folder = tmp_path / name
        uv("venv", "--quiet", "--no-project", "--python", python, folder, folder=tmp_path)
        if packages:
            install(folder, *packages)
        return folder

    return make


def install(folder: Path, *packages: str | Path) -> None:
    command = ["pip", "install", "--quiet", "--no-deps", "--link-mode", "copy", "--python", folder / "bin" / "python"]
    uv(*command, *(str(package) for package in packages), folder=folder)


@pytest.fixture(scope="session")
def _real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("real") / "venv"
    uv("venv", "--quiet", "--no-project", "--python", sys.executable, folder, folder=folder.parent)
    install(folder, *PINNED)
    return folder


@pytest.fixture
def real_venv(_real: Path, tmp_path: Path) -> Path:
    """A virtual environment with a few packages from the index, one's own to spoil."""
    return Path(shutil.copytree(_real, tmp_path / "real venv", symlinks=True))


@pytest.fixture
def captured(project: Path) -> Callable[..., Environment]:
    def of(folder: Path, **where: Path) -> Environment:
        cache = where.get("cache", project / ".restrike" / "cache")
        return capture(whose(project, str(folder)), project=where.get("project", project), cache=cache)

    return of


@pytest.fixture
def wheel(tmp_path: Path) -> Callable[..., Path]:
    """Make a wheel with the given files; return its path."""

    def make(name: str, version: str, files: Mapping[str, str], tag: str = "py3-none-any") -> Path:
        info = f"{name}-{version}.dist-info"
        content = {
            **files,
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
        }
        content[f"{info}/RECORD"] = record(content) + f"{info}/RECORD,,\n"
        path = tmp_path / "wheels" / f"{name}-{version}-{tag}.whl"
        path.parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(path, "w") as archive:
            for member, text in content.items():
                archive.writestr(member, text)
        return path

    return make


def record(files: Mapping[str, str]) -> str:
    rows = []
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(text.encode())}\n")
    return "".join(rows)


def site_packages(folder: Path) -> Path:
    return next(folder.glob("lib/python3*/site-packages"))


@pytest.fixture
def site() -> Callable[[Path], Path]:
    return site_packages


@pytest.fixture
def settle() -> Callable[[], None]:
    """Wait until what was just written is old enough for its stat to be believed."""
    return lambda: time.sleep(0.25)


@pytest.fixture
def install_with_uv() -> Callable[..., None]:
    return install


@pytest.fixture
def install_with_pip(tmp_path: Path) -> Callable[..., None]:
    """Install with pip, from files alone."""

    def run(folder: Path, *packages: Path) -> None:
        tool = tmp_path / "pip"
        if not tool.exists():
            subprocess.run([sys.executable, "-m", "venv", tool], check=True, capture_output=True)
        command = [tool / "bin" / "python", "-m", "pip", "--python", folder / "bin" / "python", "install"]
        environ = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
        options = ["--no-index", "--no-deps", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*command, *options, *packages], check=True, capture_output=True, env=environ)

    return run
