"""`restrike env`: the Python environment that runs use."""

from __future__ import annotations

import click

from restrike.cli import exits
from restrike.cli.options import Family, Options
from restrike.cli.output import answer
from restrike.cli.progress import told


@click.group("env", cls=Family)
def command() -> None:
    """Show, lock and rebuild the Python environment.

    An environment's identity is a digest over what is really installed; its lock is the way back to it.
    """


@command.command("show", example="restrike env show @last")
@click.argument("run", required=False)
@click.option("--all", "every", is_flag=True, help="List every distribution.")
@click.pass_obj
def show(options: Options, run: str | None, every: bool) -> None:
    """Show the project's environment, or the one that a run recorded.

    Interpreter, platform, distributions with what was changed in them by hand, and the machine it is on.
    """
    import functools

    from restrike import api
    from restrike.cli.screens.env import shown

    answer(options, api.env_show(run, project=options.project), functools.partial(shown, every=every))


@command.command("lock", example="restrike env lock")
@click.pass_obj
def lock(options: Options) -> int:
    """Complete the lock of the project's environment.

    Pins every distribution with its hashes; asks the machine's package index where the local cache does not know them.
    Exit status: 0 complete, 1 something could not be pinned.
    """
    from restrike import api
    from restrike.cli.screens.env import locked

    with told(options):
        document = api.env_lock(project=options.project)
    answer(options, document, locked)
    return 0 if document["complete"] else exits.FOUND_WRONG


@command.command("rebuild", example="restrike env rebuild @last")
@click.argument("run", default="@last")
@click.pass_obj
def rebuild(options: Options, run: str) -> int:
    """Rebuild the environment of a run, and prove it equal to the record.

    It lands in the user's cache folder, named by its identity; `restrike reproduce` uses it. Exit status: 0 proved
    equal, 1 something does not match.
    """
    from restrike import api
    from restrike.cli.screens.env import rebuilt

    with told(options) as progress:
        document = api.env_rebuild(run, project=options.project, progress=progress)
    answer(options, document, rebuilt, brief=lambda document: str(document["path"]))
    return exits.FOUND_WRONG if document["mismatches"] else 0
