"""Where Python finds the project's own code: in the project, not where an editable install says it lay."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from restrike.code.installed import source_of, text_of


def import_roots(project: Path, site_packages: Sequence[Path]) -> list[str]:
    """Return the folders, relative to the project, that lead `sys.path` when its code is executed.

    These are the project itself, its `src`, and the folders inside it that installed distributions point to: by a
    `.pth` file, by setuptools' finder of editable modules, or by having been installed from there (direct_url.json).
    """
    project = project.resolve()
    sites = [site.resolve() for site in site_packages if site.is_dir()]
    roots = ["."]
    for folder in (project / "src", *(root for site in sites for root in _pointed_to(site))):
        relative = _inside(folder, project, sites)
        if relative is not None and relative not in roots:
            roots.append(relative)
    return roots


def _pointed_to(site: Path) -> Iterator[Path]:
    names = sorted(os.listdir(site))
    for name in names:
        if name.endswith(".pth"):
            yield from _path_lines(site / name)
        elif name.startswith("__editable___") and name.endswith("_finder.py"):
            yield from _finder_roots(site / name)
    for name in names:
        if name.endswith(".dist-info"):
            yield from _installed_from(site / name)


def _path_lines(path: Path) -> Iterator[Path]:
    for line in text_of(path).splitlines():
        line = line.strip()
        if line and not line.startswith(("#", "import ", "import\t")):
            yield path.parent / line


def _finder_roots(path: Path) -> Iterator[Path]:
    """Yield the folders that would let the modules of setuptools' finder be found by an ordinary search."""
    for statement in _statements(text_of(path)):
        targets = [statement.target] if isinstance(statement, ast.AnnAssign) else statement.targets
        if not any(isinstance(target, ast.Name) and target.id == "MAPPING" for target in targets):
            continue
        for module, location in _mapping(statement.value):
            parts, place = module.split("."), Path(location)
            # Where the folder has another name than the package, no search path leads to it.
            if place.parts[-len(parts) :] == tuple(parts):
                yield place.parents[len(parts) - 1]


def _statements(source: str) -> Iterable[ast.Assign | ast.AnnAssign]:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):
        return []
    return [statement for statement in body if isinstance(statement, (ast.Assign, ast.AnnAssign))]


def _mapping(expression: ast.expr | None) -> Iterator[tuple[str, str]]:
    try:
        value = ast.literal_eval(expression) if expression is not None else None
    except ValueError:
        return
    if isinstance(value, dict):
        yield from ((key, place) for key, place in value.items() if isinstance(key, str) and isinstance(place, str))


def _installed_from(dist_info: Path) -> Iterator[Path]:
    """Yield the folders that a distribution installed from a local folder has its packages in, by convention."""
    if (folder := source_of(dist_info)) is not None:
        yield from (folder / "src", folder)


def _inside(folder: Path, project: Path, sites: Sequence[Path]) -> str | None:
    """Return an existing folder's path in the project; None if it lies elsewhere or in an environment."""
    folder = folder.resolve()
    if not folder.is_relative_to(project) or not folder.is_dir():
        return None
    if any(folder.is_relative_to(site) or site.is_relative_to(folder / "lib") for site in sites):
        return None
    return folder.relative_to(project).as_posix()
