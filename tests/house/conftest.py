"""What the tests of the house itself share: the source, parsed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def source() -> Path:
    return ROOT / "src" / "restrike"


@pytest.fixture(scope="session")
def tracked() -> list[Path]:
    """Every file that git keeps, or would keep, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = (name for name in listed.stdout.decode().split("\0") if name)
    return [path for name in names if (path := ROOT / name).is_file()]
