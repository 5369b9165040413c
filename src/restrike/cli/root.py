"""`restrike` itself: the commands by name, each loaded when it is called.

The summaries stand here so that `restrike --help` need not import any command (a test holds them equal to the
commands' own first lines).
"""

from __future__ import annotations

import importlib

import click

from restrike.cli.options import Family

SECTIONS: dict[str, dict[str, str]] = {
    "Run": {
        "init": "Make a folder a restrike project.",
        "run": "Execute the project's pipeline, sealed and recorded.",
        "reproduce": "Execute a run again from its ID alone, and judge.",
        "check": "Vary one thing at a time, and see which steps mind.",
    },
    "Look": {
        "runs": "List the project's runs.",
        "show": "Show all that one run is made of.",
        "why": "Say why a step was reused or executed.",
        "log": "Print what a run's steps printed.",
        "get": "Take an artifact out of the store.",
        "alias": "Give a run a name.",
        "diff": "Compare two runs: code, config, environment, data, result.",
    },
    "Keep": {
        "data": "Add, list, verify and take out versions of data.",
        "env": "Show, lock and rebuild the Python environment.",
        "store": "Check, reindex and tidy the store.",
    },
}


class Root(Family):
    def list_commands(self, context: click.Context) -> list[str]:
        return [name for commands in SECTIONS.values() for name in commands]

    def get_command(self, context: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(context):
            return None
        loaded = importlib.import_module(f"restrike.cli.commands.{cmd_name}").command
        assert isinstance(loaded, click.Command)
        return loaded

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:<9}", summary) for name, summary in commands.items()])


def _version(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        from restrike import __version__

        click.echo(f"restrike {__version__}")
        context.exit()


root = Root(
    "restrike",
    help="Machine learning that can be repeated: a run ID leads back to code, configuration, environment, data and "
    "result, and `restrike reproduce` proves it.",
    epilog="`restrike COMMAND --help` explains a command and gives an example.",
    params=[
        click.Option(
            ["--version"], is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Print the version."
        )
    ],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
