"""Which folders of this machine a process needs to see so that an interpreter runs with all that it has installed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from restrike.environment.distributions import Distribution
from restrike.environment.interpreter import Interpreter


def paths(interpreter: Interpreter, distributions: Iterable[Distribution], project: Path) -> tuple[Path, ...]:
    """Return existing folders, outermost first, none below another; the project's own sources are not among them."""
    wanted = [interpreter.prefix, interpreter.base_prefix, interpreter.stdlib, *interpreter.site_packages]
    if interpreter.libpython is not None:
        wanted.append(interpreter.libpython.parent)
    wanted += _links(interpreter.executable)
    wanted += [one.location for one in distributions if one.editable and not one.first_party]
    return _outermost(path for path in wanted if path.is_dir())


def _links(executable: Path) -> list[Path]:
    """Return the installations through which a chain of links leads to the real executable.

    A venv's python often points into a folder named by the minor version that is itself a link to one named in full:
    the process calls the first and finds its library by the second.
    """
    found = []
    path = executable
    while path.is_symlink():
        path = Path(os.path.normpath(path.parent / os.readlink(path)))
        found.append(path.parent.parent if path.parent.name == "bin" else path.parent)
    real = executable.resolve()
    found.append(real.parent.parent if real.parent.name == "bin" else real.parent)
    return found


def _outermost(folders: Iterable[Path]) -> tuple[Path, ...]:
    kept: list[Path] = []
    for folder in sorted({Path(os.path.normpath(folder)) for folder in folders}, key=lambda path: len(path.parts)):
        if not any(folder.is_relative_to(outer) for outer in kept):
            kept.append(folder)
    return tuple(kept)
