"""Where is measured: a folder of its own, with a home, a cache and environments that nobody else uses."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from measure import Shell

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
RESTRIKE = BIN / "restrike"
KEPT = ("UV_", "PIP_", "SSL_")  # how this machine reaches its package index


@dataclass(frozen=True)
class Place:
    """The folder of one bench. Environments and the user's cache stay in it; projects are made anew."""

    root: Path

    def project(self, name: str, *, ml: bool = False) -> Shell:
        """Return an empty project folder with a bare environment, or one that has scikit-learn."""
        folder = self.root / "projects" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return Shell(folder, self.variables(self.environment(ml=ml)))

    def example(self, name: str) -> Shell:
        """Return a copy of an example."""
        shell = self.project(name, ml=True)
        ignored = shutil.ignore_patterns(".restrike", "__pycache__")
        shutil.copytree(ROOT / "examples" / name, shell.folder, ignore=ignored, dirs_exist_ok=True)
        return shell

    def environment(self, *, ml: bool) -> Path:
        """Build an environment where there is none yet, and return it."""
        pins = (ROOT / "requirements" / "demo.txt") if ml else None
        label = hashlib.sha256(pins.read_bytes() if pins else b"").hexdigest()[:8]
        folder = self.root / "environments" / f"{'ml' if ml else 'bare'}-{label}"
        if not (folder / "ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            uv = str(BIN / "uv")
            subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
            if pins:
                install = ["pip", "install", "--quiet", "--compile-bytecode", "--require-hashes", "-r", pins]
                subprocess.run([uv, *install, "--python", folder / "bin" / "python"], check=True)
            (folder / "ready").touch()
        return folder

    def python(self, *, ml: bool = False) -> Path:
        return self.environment(ml=ml) / "bin" / "python"

    def variables(self, environment: Path) -> dict[str, str]:
        """Return the variables of measured processes: none of whoever measures, so bytecode is cached as usual."""
        home = self.root / "home"
        home.mkdir(parents=True, exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if name.startswith(KEPT)}
        return {
            "UV_CACHE_DIR": _uv_cache(),
            **kept,
            "HOME": str(home),
            "PATH": f"{BIN}:/usr/local/bin:/usr/bin:/bin",
            "RESTRIKE_CACHE": str(self.root / "cache"),
            "VIRTUAL_ENV": str(environment),
            "LANG": "C.UTF-8",
        }


def _uv_cache() -> str:
    return subprocess.run([BIN / "uv", "cache", "dir"], capture_output=True, text=True, check=True).stdout.strip()
