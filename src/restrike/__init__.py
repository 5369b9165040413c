"""restrike: every training run reproducible by construction, and provably so.

Importing this package does no work and loads nothing but the standard library; names arrive when first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from restrike.api import load, open_project, reproduce, run
    from restrike.pipeline.declare import step

__all__ = ["__version__", "load", "open_project", "reproduce", "run", "step"]

_HOMES = {
    "step": "restrike.pipeline.declare",
    "run": "restrike.api",
    "reproduce": "restrike.api",
    "load": "restrike.api",
    "open_project": "restrike.api",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'restrike' has no attribute '{name}'")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
