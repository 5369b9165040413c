"""One plain function per use case; the only door for the screens. Each returns a JSON-ready document.

Names arrive when first used, so that a command pays only for what it needs.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from restrike.api.aliasing import alias
    from restrike.api.checking import check
    from restrike.api.datasets import data_add, data_checkout, data_log, data_users, data_verify
    from restrike.api.diffing import diff
    from restrike.api.environments import env_lock, env_rebuild, env_show
    from restrike.api.getting import get, load
    from restrike.api.initialising import init
    from restrike.api.projects import open_project
    from restrike.api.reasoning import why
    from restrike.api.reproducing import reproduce
    from restrike.api.running import run
    from restrike.api.showing import log, runs, show
    from restrike.api.storing import store_check, store_gc, store_reindex

_HOMES = {
    "alias": "aliasing",
    "check": "checking",
    "data_add": "datasets",
    "data_checkout": "datasets",
    "data_log": "datasets",
    "data_users": "datasets",
    "data_verify": "datasets",
    "diff": "diffing",
    "env_lock": "environments",
    "env_rebuild": "environments",
    "env_show": "environments",
    "get": "getting",
    "init": "initialising",
    "load": "getting",
    "log": "showing",
    "open_project": "projects",
    "reproduce": "reproducing",
    "run": "running",
    "runs": "showing",
    "show": "showing",
    "store_check": "storing",
    "store_gc": "storing",
    "store_reindex": "storing",
    "why": "reasoning",
}

__all__ = [
    "alias",
    "check",
    "data_add",
    "data_checkout",
    "data_log",
    "data_users",
    "data_verify",
    "diff",
    "env_lock",
    "env_rebuild",
    "env_show",
    "get",
    "init",
    "load",
    "log",
    "open_project",
    "reproduce",
    "run",
    "runs",
    "show",
    "store_check",
    "store_gc",
    "store_reindex",
    "why",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'restrike.api' has no attribute '{name}'")
    return getattr(importlib.import_module(f"restrike.api.{_HOMES[name]}"), name)
