"""`restrike show`."""

from __future__ import annotations

import functools

import click

from restrike.cli.options import Command, Options
from restrike.cli.output import answer


@click.command("show", cls=Command, example="restrike show @last\nrestrike show k4xq2mzj --patch")
@click.argument("run", default="@last")
@click.option("--patch", is_flag=True, help="Print the whole difference between the code and HEAD, and nothing else.")
@click.option("--config", is_flag=True, help="Print the resolved configuration, each value with where it came from.")
@click.pass_obj
def command(options: Options, run: str, patch: bool, config: bool) -> None:
    """Show all that one run is made of.

    RUN is a run ID or a unique beginning of one, @last, @last~2 or an alias (default: @last). Shows the result, then
    code (with its difference to HEAD), configuration, environment, data, the conditions it ran under, and the verdicts
    of its reproductions.
    """
    from restrike import api
    from restrike.cli.screens.show import screen

    part = "patch" if patch else "config" if config else "all"
    answer(options, api.show(run, project=options.project), functools.partial(screen, part=part))
