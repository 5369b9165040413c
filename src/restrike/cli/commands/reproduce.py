"""`restrike reproduce`."""

from __future__ import annotations

import click

from restrike.cli import exits
from restrike.cli.options import Command, Count, Options
from restrike.cli.output import answer
from restrike.cli.progress import told


@click.command(
    "reproduce",
    cls=Command,
    example="restrike reproduce @last\nrestrike reproduce k4xq2mzj --step train",
)
@click.argument("run", default="@last")
@click.option("--plan", is_flag=True, help="Say what would be restored, rebuilt and executed, and do none of it.")
@click.option("--step", metavar="STEP", help="Execute this step alone, on the inputs that the run recorded for it.")
@click.option(
    "--env",
    type=click.Choice(["rebuilt", "current"]),
    default="rebuilt",
    show_default=True,
    help="Rebuild the recorded environment, or use the one at hand (the verdict's scope says which).",
)
@click.option("--workers", type=Count(), metavar="N", help="How many steps may run at once.")
@click.option("--no-cause", is_flag=True, help="Do not look for the cause of a divergence.")
@click.pass_obj
def command(
    options: Options, run: str, plan: bool, step: str | None, env: str, workers: int | None, no_cause: bool
) -> int:
    """Execute a run again from its ID alone, and judge.

    Restores code, configuration and data from the store into a fresh sealed workspace, rebuilds the environment,
    executes every step without reuse, compares with what the run recorded, and gives a verdict. Where that is
    `different`, the diverging step is executed further times to find out why. Your own files are not touched. Exit
    status: 0 identical or equal, 10 equivalent, 11 different, 20 could not judge.
    """
    from restrike import api
    from restrike.cli.screens.plan import screen as plan_screen
    from restrike.cli.screens.reproduce import screen

    with told(options) as progress:
        document = api.reproduce(
            run,
            project=options.project,
            env=env,
            plan=plan,
            step=step,
            workers=workers,
            cause=not no_cause,
            progress=progress,
        )
    if plan:
        answer(options, document, plan_screen)
        return 0
    answer(options, document, screen, brief=lambda document: str(document["verdict"]))
    return exits.VERDICT[document["verdict"]]
