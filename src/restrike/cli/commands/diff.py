"""`restrike diff`."""

from __future__ import annotations

import functools

import click

from restrike.cli.options import Command, Options
from restrike.cli.output import answer


@click.command("diff", cls=Command, example="restrike diff @last~1 @last")
@click.argument("a", default="@last~1")
@click.argument("b", default="@last")
@click.option("--patch", is_flag=True, help="Print the changed lines of code too.")
@click.pass_obj
def command(options: Options, a: str, b: str, patch: bool) -> None:
    """Compare two runs: code, config, environment, data, result.

    The four aspects first, then what came of them: metrics on each part and slice, and which steps gave other bytes.
    An aspect that is equal takes one word. Without arguments: the run before the last, and the last.
    """
    from restrike import api
    from restrike.cli.screens.diff import screen

    answer(options, api.diff(a, b, project=options.project), functools.partial(screen, patches=patch))
