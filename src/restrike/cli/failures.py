"""What a user reads when a command ends otherwise than it should: one form, on the terminal and in JSON."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import sys
from typing import Any

import click

from restrike.base.errors import RestrikeError
from restrike.cli import options as shared
from restrike.cli.options import Options, UnknownCommand

INTERRUPTED = 130  # 128 + SIGINT, as shells report it
PIPE_CLOSED = 141  # 128 + SIGPIPE


class WrongUsage(RestrikeError):
    """The command line could not be understood: an unknown command or option, a missing or unfit argument."""

    code = "R090"


class Interrupted(RestrikeError):
    """The command was stopped by Ctrl-C; what had been recorded before is kept."""

    code = "R091"
    exit_code = INTERRUPTED


class OutputLost(RestrikeError):
    """Standard output could not be written to, so the answer did not arrive where it was sent."""

    code = "R092"
    exit_code = 1


class Bug(RestrikeError):
    """Something happened that restrike's authors did not foresee; a report is kept in the user's cache folder."""

    code = "R099"
    exit_code = 70


def guarded(root: click.Command, arguments: list[str]) -> int:
    """Execute a command line; whatever goes wrong is told in one form and becomes an exit status."""
    shared.standard_streams_that_never_fail()
    options = Options()
    try:
        status = _invoke(root, arguments, options)
        sys.stdout.flush()
        return status
    except RestrikeError as error:
        return tell(error, options)
    except click.ClickException as error:
        return tell(_wrong_usage(error), shared.given(arguments))
    except (KeyboardInterrupt, click.Abort):
        return tell(Interrupted("interrupted; what was recorded before is kept"), options)
    except BrokenPipeError:
        _forget_output()
        return PIPE_CLOSED
    except Exception as error:  # noqa: BLE001  # the one place where a bug becomes a report
        return tell(_unforeseen(error, arguments), options)


def _invoke(root: click.Command, arguments: list[str], options: Options) -> int:
    try:
        with root.make_context("restrike", list(arguments), obj=options) as context:
            status = root.invoke(context)
    except click.exceptions.Exit as end:
        status = end.exit_code
    return status if isinstance(status, int) else 0


def tell(error: RestrikeError, options: Options) -> int:
    """Write an error where the user looks for it and return its exit status."""
    if options.debug:
        import traceback

        traceback.print_exception(error)
    with contextlib.suppress(BrokenPipeError):
        if options.json:
            import json

            print(json.dumps({"error": error.document()}, indent=2, ensure_ascii=False), flush=True)
        else:
            print(text_of(error, colours=options.colours(sys.stderr)), file=sys.stderr, flush=True)
    return error.exit_code


def text_of(error: RestrikeError, *, colours: bool = False) -> str:
    """Return an error as it is shown on a terminal."""

    def style(text: str, **how: Any) -> str:
        return click.style(text, **how) if colours else text

    lines = [f"{style(f'error[{error.code}]', fg='red', bold=True)}: {error.what}"]
    if error.where:
        lines.append(f"  {style('-->', fg='blue')} {error.where}")
    lines += [f"  {line}" for detail in error.details for line in detail.splitlines()]
    if error.hint:
        lines += ["", f"{style('hint', fg='cyan', bold=True)}: {error.hint}"]
    return "\n".join(lines)


def _wrong_usage(error: click.ClickException) -> WrongUsage:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "restrike"
    what = error.format_message().splitlines()[0].rstrip(".")
    what = what[:1].lower() + what[1:]
    near: list[str] = []
    if isinstance(error, UnknownCommand):
        import difflib

        near = [f"{path} {name}" for name in difflib.get_close_matches(error.word, error.known, n=1)]
    elif isinstance(error, click.NoSuchOption):
        what = f"no option '{error.option_name}'"
        near = [f"{path} {name}" for name in (error.possibilities or [])[:1]]
    elif extra := re.search(r"unexpected extra arguments? \((.*)\)", what):
        what = f"nothing more is expected, but '{extra[1]}' follows"
    return WrongUsage(what, where=path, hint=near[0] if near else f"{path} --help")


def _unforeseen(error: Exception, arguments: list[str]) -> RestrikeError:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EIO) and error.filename is None:
        lost = OutputLost(f"cannot write the output: {os.strerror(error.errno)}")
        _forget_output()
        lost.__cause__ = error
        return lost
    from restrike.cli import bugs

    place = bugs.keep(error, arguments)
    told = Bug(
        f"this is a bug in restrike: {type(error).__name__}: {error}",
        where=str(place) if place else None,
        hint="open an issue and attach that report; --debug shows the traceback here",
    )
    told.__cause__ = error
    return told


def _forget_output() -> None:
    """Keep the interpreter from writing to a standard output that is gone when it flushes at exit."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
