"""`restrike init`."""

from __future__ import annotations

from pathlib import Path

import click

from restrike.cli.options import Command, Options
from restrike.cli.output import answer


@click.command("init", cls=Command, example="restrike init --data data/patients.csv")
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A data file to begin with: its columns are written into the configuration.",
)
@click.pass_obj
def command(options: Options, folder: Path | None, data: Path | None) -> None:
    """Make a folder a restrike project.

    Writes a commented restrike.yaml, creates the store in .restrike/ and adds that folder to .gitignore. What is
    there already is left as it is.
    """
    from restrike import api
    from restrike.cli.screens.init import screen

    answer(options, api.init(folder or options.project or Path.cwd(), data=data), screen)
