"""`restrike log`."""

from __future__ import annotations

import click

from restrike.cli.options import Command, Options
from restrike.cli.output import answer


@click.command("log", cls=Command, example="restrike log @last train")
@click.argument("run", default="@last")
@click.argument("step", required=False)
@click.pass_obj
def command(options: Options, run: str, step: str | None) -> None:
    """Print what a run's steps printed.

    Standard output and standard error of every step, or of the named STEP alone, as they were written while it ran.
    A reused step shows the log of the run that executed it.
    """
    from restrike import api
    from restrike.cli.screens.log import screen

    answer(options, api.log(run, step, project=options.project), screen)
