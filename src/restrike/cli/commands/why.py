"""`restrike why`."""

from __future__ import annotations

import click

from restrike.cli.options import Command, Options
from restrike.cli.output import answer


@click.command("why", cls=Command, example="restrike why train\nrestrike why train @last~1")
@click.argument("step", required=False)
@click.argument("run", default="@last")
@click.pass_obj
def command(options: Options, step: str | None, run: str) -> None:
    """Say why a step was reused or executed.

    Shows the earlier execution that STEP was compared with and each thing that changed since, old and new: definitions
    of the code, files, packages, data, settings. Of a reused step: what its reuse rests on. RUN is a run ID or a unique
    beginning of one, @last, @last~2 or an alias (default: @last). Without STEP: a line for each step of the run.
    """
    from restrike import api
    from restrike.cli.screens.why import screen

    is_run = step is not None and step.startswith("@")
    asked = (None, step or run) if is_run else (step, run)
    answer(options, api.why(*asked, project=options.project), screen)
