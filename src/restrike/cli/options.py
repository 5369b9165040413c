"""The options that every command takes, and the command classes that give them to it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

import click

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Options:
    """What holds for any command, whether it was said before the command's name or after it."""

    project: Path | None = None
    json: bool = False
    debug: bool = False
    quiet: bool = False
    no_color: bool = False

    def colours(self, stream: TextIO) -> bool:
        """Say whether to colour what is written to a stream."""
        if self.no_color or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
            return False
        return stream.isatty()


def given(arguments: list[str]) -> Options:
    """Return what can be told from a command line that could not be parsed."""
    own = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return Options(json="--json" in own, debug="--debug" in own, no_color="--no-color" in own)


def _keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    # why: an option may stand before or after the command's name; what was not said there must not undo what was.
    if value and parameter.name:
        setattr(context.ensure_object(Options), parameter.name, value)


def _keep_path(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value:
        from pathlib import Path  # why: it is a twentieth of what `restrike --help` costs

        _keep(context, parameter, Path(value))


def _shared() -> list[click.Parameter]:
    def flag(*names: str, help: str) -> click.Option:
        return click.Option(names, is_flag=True, expose_value=False, callback=_keep, help=help)

    return [
        click.Option(
            ["--project"],
            type=click.Path(),
            metavar="PATH",
            expose_value=False,
            callback=_keep_path,
            help="The project's folder (default: this one or the nearest above it that has a restrike.yaml).",
        ),
        flag("--json", help="Print one JSON document on standard output."),
        flag("--quiet", "-q", help="Print the bare answer: no progress, no logs."),
        flag("--no-color", help="Print without colours (NO_COLOR does the same)."),
        flag("--debug", help="Show the traceback of an error."),
    ]


class Count(click.ParamType):  # type: ignore[type-arg]  # a generic class in newer versions of click only
    """A whole number of at least one."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            count = int(value)
        except ValueError:
            self.fail(f"'{value}' is not a whole number", param, ctx)
        if count < 1:
            self.fail(f"{count} is less than 1", param, ctx)
        return count


class Command(click.Command):
    """A command with the options of all commands and an example in its help."""

    def __init__(self, *args: Any, example: str = "", **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.example = example
        self.shared = _shared()
        self.params = [*self.params, *self.shared]

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        format_example(self.example, formatter)
        options = [parameter for parameter in self.get_params(context) if isinstance(parameter, click.Option)]
        own = [option for option in options if option not in self.shared]
        for title, parameters in (("Options", own), ("Options of every command", self.shared)):
            rows = [row for parameter in parameters if (row := parameter.get_help_record(context))]
            with formatter.section(title):
                formatter.write_dl(rows)


class Family(click.Group):
    """Commands that belong together, such as `restrike data add` and `restrike data log`."""

    command_class = Command

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.invoke_without_command = True
        self.no_args_is_help = False
        self.callback = _show_help
        self.shared = _shared()
        self.params = [*self.params, *self.shared]

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        command = self.get_command(context, args[0])
        if command is None and not args[0].startswith("-"):
            raise UnknownCommand(args[0], self, context)
        return super().resolve_command(context, args)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        commands = [(name, self.get_command(context, name)) for name in self.list_commands(context)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.get_short_help_str(200)) for name, command in commands if command])


class UnknownCommand(click.UsageError):
    """A word where a command's name belongs."""

    def __init__(self, word: str, family: click.Group, context: click.Context):
        super().__init__(f"no command '{word}'", context)
        self.word, self.known = word, family.list_commands(context)


@click.pass_context
def _show_help(context: click.Context) -> None:
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def format_example(example: str, formatter: click.HelpFormatter) -> None:
    lines = example.strip().splitlines()
    if lines:
        with formatter.section("Example" if len(lines) == 1 else "Examples"):
            for line in lines:
                formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


def command(name: str, *, example: str) -> Callable[[Callable[..., Any]], Command]:
    """Make a command of a function whose docstring is its help."""
    return click.command(name, cls=Command, example=example)


def standard_streams_that_never_fail() -> None:
    """Let text that a terminal's encoding cannot hold be shown as `?` rather than stop a command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
