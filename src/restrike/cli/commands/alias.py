"""`restrike alias`."""

from __future__ import annotations

import click

from restrike.cli.options import Command, Options
from restrike.cli.output import answer


@click.command("alias", cls=Command, example="restrike alias champion @last\nrestrike alias")
@click.argument("name", required=False)
@click.argument("run", required=False)
@click.pass_obj
def command(options: Options, name: str | None, run: str | None) -> None:
    """Give a run a name.

    The name works wherever a run ID does, in gates too (`against: champion`). Giving it to another run moves it; runs
    keep the ID that it meant when they were sealed. Without arguments: list the names.
    """
    from restrike import api
    from restrike.cli.screens.alias import screen

    answer(options, api.alias(name, run, project=options.project), screen)
