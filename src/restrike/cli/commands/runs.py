"""`restrike runs`."""

from __future__ import annotations

import click

from restrike.cli.options import Command, Count, Options
from restrike.cli.output import answer


@click.command("runs", cls=Command, example="restrike runs --limit 20 --status failed")
@click.option("--limit", type=Count(), default=100, show_default=True, metavar="N", help="Show the newest N.")
@click.option(
    "--status",
    type=click.Choice(["finished", "failed", "interrupted", "blocked"]),
    help="Show only runs that ended like this.",
)
@click.pass_obj
def command(options: Options, limit: int, status: str | None) -> None:
    """List the project's runs.

    Newest first, with the first metrics, the latest verdict of a reproduction, and in how many of its executions the
    recipe has given the same result. With --quiet: the run IDs alone.
    """
    from restrike import api
    from restrike.cli.screens.runs import screen

    document = api.runs(project=options.project, limit=limit, status=status)
    answer(options, document, screen, brief=lambda document: "\n".join(run["run"] for run in document["runs"]))
