"""`open_project`: a project whose folder is given once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from restrike import api
from restrike.workspace import find


@dataclass(frozen=True)
class OpenProject:
    """The functions of `restrike.api`, bound to one project: `open_project("x").run()`, `.show("@last")`, ..."""

    root: Path

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in api.__all__ or name in ("init", "open_project"):
            raise AttributeError(f"a project has no '{name}'")
        return partial(getattr(api, name), project=self.root)


def open_project(path: Path | str = ".") -> OpenProject:
    """Return the project that a folder lies in. Raise NotAProject if it lies in none."""
    return OpenProject(find(Path(path)).root)
