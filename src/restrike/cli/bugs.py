"""Reports of bugs in restrike, kept on the user's own machine and sent nowhere."""

from __future__ import annotations

import os
import platform
import shlex
import time
import traceback
from pathlib import Path


def keep(error: Exception, arguments: list[str]) -> Path | None:
    """Write a report of an unforeseen error and return where; None where nothing can be written.

    It holds the traceback, the versions and the command; never the environment's variables, which hold secrets.
    """
    from restrike import __version__
    from restrike.base.folders import user_cache

    lines = [
        f"restrike {__version__}, Python {platform.python_version()}, {platform.platform()}",
        f"command: restrike {shlex.join(arguments)}",
        "",
        *traceback.format_exception(error),
    ]
    folder = user_cache() / "bugs"
    path = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines), encoding="utf-8", errors="backslashreplace")
    except OSError:
        return None
    return path
