"""Environments of the tools, and tiny packages that can be upgraded in them."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

UV = Path(sys.executable).parent / "uv"
KEPT = ("UV_", "PIP_", "SSL_")  # how this machine reaches its package index

TARIFF = "def fee():\n    return {fee}\n"
FEES = {"1.0": 53, "2.0": 54}


@dataclass(frozen=True)
class Environment:
    """A virtual environment with a tool's locked requirements, and wheels made here."""

    folder: Path
    wheels: Path

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    @property
    def python(self) -> Path:
        return self.bin / "python"

    def build(self, requirements: Path | None) -> None:
        """Create it and install what is pinned, unless that was done before."""
        pins = requirements.read_bytes() if requirements else b""
        digest = hashlib.sha256(pins + sys.version.encode()).hexdigest()
        ready = self.folder / "ready"
        if ready.exists() and ready.read_text() == digest:
            return
        _uv("venv", "--quiet", "--clear", "--python", sys.executable, self.folder)
        if requirements:
            _uv("pip", "install", "--quiet", "--compile-bytecode", "-r", requirements, "--python", self.python)
        ready.write_text(digest)

    def install(self, name: str, version: str, source: str) -> None:
        """Install a package of one module in the place of the version that is there."""
        wheel = make_wheel(self.wheels, name, version, source)
        options = ("--quiet", "--offline", "--no-cache", "--no-deps", "--reinstall")
        _uv("pip", "install", *options, "--python", self.python, wheel)

    def install_samples(self, versions: dict[str, str]) -> None:
        """Install the package that a step imports and the one that none does, each in its version."""
        fee = FEES[versions["tariff"]]
        self.install("tariff", versions["tariff"], TARIFF.format(fee=fee))
        self.install("bystander", versions["bystander"], f"VERSION = {versions['bystander']!r}\n")

    def variables(self, home: Path) -> dict[str, str]:
        """Return the variables of a process in it: none of whoever measures."""
        kept = {name: value for name, value in os.environ.items() if name.startswith(KEPT)}
        path = f"{self.bin}:/usr/local/bin:/usr/bin:/bin"
        return {**kept, "HOME": str(home), "PATH": path, "VIRTUAL_ENV": str(self.folder), "LANG": "C.UTF-8"}


def make_wheel(folder: Path, name: str, version: str, source: str) -> Path:
    """Write a wheel of one module. Versions differ in size too, so that Python takes no other's bytecode for theirs."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": source + "#" * int(version.partition(".")[0]) + "\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: bench\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(zipfile.ZipInfo(file), text)
    return path


def _uv(*arguments: object) -> None:
    done = subprocess.run([str(word) for word in (UV, *arguments)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"uv {arguments[0]} {arguments[1]}: {done.stderr.strip()}")
