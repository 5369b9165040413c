"""`restrike data`: versions of data by content."""

from __future__ import annotations

from pathlib import Path

import click

from restrike.cli import exits
from restrike.cli.options import Family, Options
from restrike.cli.output import answer


@click.group("data", cls=Family)
def command() -> None:
    """Add, list, verify and take out versions of data.

    A dataset is a file or a folder of any type; a version is its content. Data that the configuration declares becomes
    a new version by itself when a run finds it changed.
    """


@command.command("add", example="restrike data add data/patients.csv")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--name", metavar="NAME", help="The dataset's name (default: the one that the configuration gives it).")
@click.pass_obj
def add(options: Options, paths: tuple[Path, ...], name: str | None) -> None:
    """Add files or folders as versions of data.

    Content that is in the store already is not stored again, and unchanged files are not even read.
    """
    from restrike import api
    from restrike.cli.screens.data import added

    answer(options, api.data_add(paths, project=options.project, name=name), added)


@command.command("log", example="restrike data log patients")
@click.argument("name")
@click.pass_obj
def log(options: Options, name: str) -> None:
    """List the versions of a dataset.

    Oldest first: when and how each came to be, by whom, from where, and how many runs used it.
    """
    from restrike import api
    from restrike.cli.screens.data import history

    answer(options, api.data_log(name, project=options.project), history)


@command.command("verify", example="restrike data verify")
@click.argument("name", required=False)
@click.pass_obj
def verify(options: Options, name: str | None) -> int:
    """Read stored and declared data again, and compare with the digests.

    Exit status: 0 all as recorded, 1 something is changed, missing or damaged.
    """
    from restrike import api
    from restrike.cli.screens.data import verified

    document = api.data_verify(name, project=options.project)
    answer(options, document, verified)
    return 0 if document["ok"] else exits.FOUND_WRONG


@command.command("checkout", example="restrike data checkout patients 3fa9c1d2 --out old-patients.csv")
@click.argument("name")
@click.argument("version", default="@last")
@click.option(
    "--out",
    "-o",
    "target",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Where to write it (default: where the dataset lies).",
)
@click.option("--force", is_flag=True, help="Overwrite what lies there, even data that no version has.")
@click.pass_obj
def checkout(options: Options, name: str, version: str, target: Path | None, force: bool) -> None:
    """Write a version of a dataset to disk.

    VERSION is a digest or a unique beginning of one, @last or @last~2 (default: @last). Data on the disk that no
    version has is not overwritten without --force.
    """
    from restrike import api
    from restrike.cli.screens.data import taken_out

    answer(options, api.data_checkout(name, version, target, force=force, project=options.project), taken_out)


@command.command("users", example="restrike data users patients")
@click.argument("name", metavar="NAME|DIGEST")
@click.pass_obj
def users(options: Options, name: str) -> None:
    """List the runs that used a dataset, and what for.

    Takes a dataset's name, or the digest of one version of it.
    """
    from restrike import api
    from restrike.cli.screens.data import used_by

    answer(options, api.data_users(name, project=options.project), used_by)
