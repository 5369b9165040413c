"""`restrike get`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click

from restrike.cli.options import Command, Options
from restrike.cli.output import answer


@click.command("get", cls=Command, example="restrike get @last:train.model -o model.pkl")
@click.argument("address", metavar="RUN:STEP.OUTPUT")
@click.option(
    "--out",
    "-o",
    "target",
    metavar="PATH",
    help="Where to write it (default: its own name, here); '-' writes a file to standard output.",
)
@click.pass_obj
def command(options: Options, address: str, target: str | None) -> None:
    """Take an artifact out of the store.

    The bytes are checked against their digest on the way; what is damaged is refused. A step with one output is
    addressed as RUN:STEP.
    """
    from restrike import api
    from restrike.cli.screens.get import screen

    if target == "-":
        _pour(address, options)
        return
    document = api.get(address, Path(target) if target else None, project=options.project)
    answer(options, document, screen, brief=lambda document: str(document["path"]))


def _pour(address: str, options: Options) -> None:
    import shutil

    from restrike import api

    with tempfile.TemporaryDirectory(prefix="restrike-") as folder:
        path = Path(api.get(address, Path(folder) / "artifact", project=options.project)["path"])
        if path.is_dir():
            raise click.BadParameter("this artifact is a folder; give a path to write it to", param_hint="'--out'")
        with path.open("rb") as stream:
            shutil.copyfileobj(stream, sys.stdout.buffer)
