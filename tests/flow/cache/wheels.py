"""Wheels made on the spot of folders in `tests/corpus/packages`, and environments that hold them."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

from corpus import CORPUS

PACKAGES = CORPUS / "packages"
UV = Path(sys.executable).with_name("uv")


def environment(folder: Path, packages: Mapping[str, str]) -> Path:
    """Make a virtual environment that holds these versions and nothing else; return its folder."""
    subprocess.run([UV, "venv", "-q", "--python", sys.executable, folder], check=True)
    built = [wheel(name, version, folder.with_suffix(".wheels")) for name, version in sorted(packages.items())]
    if built:
        offline = ["--offline", "--no-index", "--no-deps", "--link-mode", "copy"]
        subprocess.run([UV, "pip", "install", "-q", "--python", folder / "bin/python", *offline, *built], check=True)
    return folder


def wheel(name: str, version: str, target: Path) -> Path:
    """Pack the files of a version into a wheel; return its path."""
    source = PACKAGES / f"{name}-{version}"
    info = f"{name}-{version}.dist-info"
    files = {path.relative_to(source).as_posix(): path.read_text() for path in source.rglob("*") if path.is_file()}
    if entry_points := files.pop("entry_points.txt", None):
        files[f"{info}/entry_points.txt"] = entry_points
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files[f"{info}/RECORD"] = "".join(map(_row, files.items())) + f"{info}/RECORD,,\n"
    target.mkdir(exist_ok=True)
    path = target / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member in sorted(files):
            archive.writestr(zipfile.ZipInfo(member), files[member])
    return path


def _row(file: tuple[str, str]) -> str:
    path, text = file
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
    return f"{path},sha256={digest},{len(text.encode())}\n"
