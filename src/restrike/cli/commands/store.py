"""`restrike store`: the folder that holds everything."""

from __future__ import annotations

import click

from restrike.cli import exits
from restrike.cli.options import Family, Options
from restrike.cli.output import answer
from restrike.cli.progress import told


@click.group("store", cls=Family)
def command() -> None:
    """Check, reindex and tidy the store.

    The store holds objects by content and an append-only ledger of records; its index is a view that can be made anew.
    """


@command.command("check", example="restrike store check")
@click.pass_obj
def check(options: Options) -> int:
    """Read every stored object and record again, and compare with its digest.

    Names what is damaged or missing and the runs that it hurts. Exit status: 0 all sound, 1 something is not.
    """
    from restrike import api
    from restrike.cli.screens.store import checked

    with told(options) as progress:
        document = api.store_check(project=options.project, progress=progress)
    answer(options, document, checked)
    return exits.FOUND_WRONG if document["problems"] else 0


@command.command("reindex", example="restrike store reindex")
@click.pass_obj
def reindex(options: Options) -> None:
    """Make the index anew from the ledger.

    Nothing is lost when the index is: the ledger is the truth.
    """
    from restrike import api
    from restrike.cli.screens.store import reindexed

    with told(options) as progress:
        document = api.store_reindex(project=options.project, progress=progress)
    answer(options, document, reindexed)


@command.command("gc", example="restrike store gc --dry-run")
@click.option("--dry-run", "-n", is_flag=True, help="Say what would be removed, and remove nothing.")
@click.pass_obj
def gc(options: Options, dry_run: bool) -> None:
    """Remove objects that no record leads to.

    Runs, their data and their artifacts are always kept; what goes is left over from commands that were stopped.
    """
    from restrike import api
    from restrike.cli.screens.store import tidied

    answer(options, api.store_gc(project=options.project, dry_run=dry_run), tidied)
