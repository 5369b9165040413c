"""The command line: parses, calls one function of `restrike.api`, draws the document it returns."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command line and return the exit status."""
    from restrike.cli import failures
    from restrike.cli.root import root

    given = list(sys.argv[1:] if arguments is None else arguments)
    if instruction := os.environ.get("_RESTRIKE_COMPLETE"):
        from click.shell_completion import shell_complete

        return shell_complete(root, {}, "restrike", "_RESTRIKE_COMPLETE", instruction)
    if arguments is None:
        _end_as_by_ctrl_c()
    return failures.guarded(root, given)


def _end_as_by_ctrl_c() -> None:
    """Let SIGTERM and a hang-up end the command in good order, unless whoever started it has them ignored (nohup)."""
    import signal

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)
