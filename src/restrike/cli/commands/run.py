"""`restrike run`."""

from __future__ import annotations

import click

from restrike.cli import exits
from restrike.cli.options import Command, Count, Options
from restrike.cli.output import answer, aside
from restrike.cli.progress import told


@click.command(
    "run",
    cls=Command,
    example="restrike run\nrestrike run --set train.params.C=0.5 --set seed=8",
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Override a value of the configuration; the same as editing the file. May be repeated.",
)
@click.option("--no-reuse", is_flag=True, help="Execute every step, even those whose result is in the store.")
@click.option(
    "--workers",
    type=Count(),
    metavar="N",
    help="How many steps that don't need each other may run at once (default: 1). The result does not depend on it.",
)
@click.pass_obj
def command(options: Options, overrides: tuple[str, ...], no_reuse: bool, workers: int | None) -> int:
    """Execute the project's pipeline, sealed and recorded.

    Takes a snapshot of code, configuration, environment and data, executes each step in its own sealed process (or
    reuses its result where nothing it depends on has changed), evaluates, judges the gates, and prints the run's ID.
    Exit status: 0 finished, 1 a step failed, 2 the input is wrong, 3 a gate blocks.
    """
    from restrike import api
    from restrike.cli.screens.run import failure, screen

    with told(options) as progress:
        document = api.run(
            project=options.project, overrides=overrides, reuse=not no_reuse, workers=workers, progress=progress
        )
    if options.quiet and document["status"] == "failed":
        aside(options, failure(document))
    answer(options, document, screen, brief=lambda document: str(document["run"]))
    return exits.RUN[document["status"]]
