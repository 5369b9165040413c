"""Where Python finds the project's own code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def import_roots(project: Path, site_packages: Sequence[Path]) -> list[str]:
    """Return the folders, relative to the project, that lead `sys.path` when its code is executed."""
    roots = ["."]
    if (project / "src").is_dir():
        roots.append("src")
    return roots
