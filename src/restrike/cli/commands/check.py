"""`restrike check`."""

from __future__ import annotations

import click

from restrike.cli import exits
from restrike.cli.options import Command, Count, Options
from restrike.cli.output import answer
from restrike.cli.progress import told


@click.command(
    "check",
    cls=Command,
    example="restrike check @last\nrestrike check @last --quick --on train",
)
@click.argument("run", default="@last")
@click.option("--on", "step", metavar="STEP", help="Check this step alone.")
@click.option("--quick", is_flag=True, help="Vary hash seed and threads only, and repeat once.")
@click.option("--repeat", type=Count(), metavar="N", help="Execute N times with nothing varied (default: 2, quick: 1).")
@click.option(
    "--env",
    type=click.Choice(["rebuilt", "current"]),
    default="rebuilt",
    show_default=True,
    help="Rebuild the recorded environment, or use the one at hand (the scope says which).",
)
@click.pass_obj
def command(options: Options, run: str, step: str | None, quick: bool, repeat: int | None, env: str) -> int:
    """Vary one thing at a time, and see which steps mind.

    Executes each step of a run again on its recorded inputs, in a sandbox of its own, with one thing varied: nothing at
    all, hash seed, threads, numeric kernels, time zone, locale, user, home, working directory, cores, memory and its
    addresses, listing order, global generators, clock, order of the steps. A step that gives the same is proven robust
    against that; for one that does not, what differs, how far it moves each metric, and what to do. What
    `numeric: portable` pins is varied too, and told as held by it. Exit status: 0 nothing minded, 11 something did.
    """
    from restrike import api
    from restrike.cli.screens.check import screen

    with told(options) as progress:
        document = api.check(
            run, project=options.project, step=step, quick=quick, repeat=repeat, env=env, progress=progress
        )
    answer(options, document, screen, brief=lambda document: "flinched" if document["flinched"] else "robust")
    return exits.FLINCHED if document["flinched"] else 0
