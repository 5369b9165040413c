"""The commands' names, help and what they cost to load."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

import restrike.cli.commands
from restrike.cli import main
from restrike.cli.options import Command, Family
from restrike.cli.root import SECTIONS, root

CONTEXT = click.Context(root, info_name="restrike", **root.context_settings)
HEAVY = (
    "rich",
    "numpy",
    "pandas",
    "pyarrow",
    "pydantic",
    "sqlite3",
    "yaml",
    "sklearn",
    "restrike.api",
    "restrike.base.canonical",
)


def leaves(command=root, path=()):
    if isinstance(command, click.Group):
        for name in command.list_commands(CONTEXT):
            yield from leaves(command.get_command(CONTEXT, name), (*path, name))
    else:
        yield path, command


LEAVES = list(leaves())
NAMES = [" ".join(path) for path, _ in LEAVES]


def test_every_command_of_the_first_release_is_there():
    assert set(NAMES) == {
        *("init", "run", "runs", "show", "log", "get", "reproduce", "check", "diff", "alias", "why"),
        *("data add", "data log", "data verify", "data checkout", "data users"),
        *("store check", "store reindex", "store gc", "env show", "env lock", "env rebuild"),
    }


def test_every_file_of_commands_is_listed():
    files = {path.stem for path in Path(restrike.cli.commands.__path__[0]).glob("*.py")} - {"__init__"}
    assert files == {name for names in SECTIONS.values() for name in names}


@pytest.mark.parametrize("name", [name for names in SECTIONS.values() for name in names])
def test_the_summary_in_the_list_is_the_command_s_own(name):
    command = root.get_command(CONTEXT, name)
    summary = next(text for names in SECTIONS.values() for own, text in names.items() if own == name)
    assert command.help.splitlines()[0] == summary


@pytest.mark.parametrize(("path", "command"), LEAVES, ids=NAMES)
def test_every_command_explains_itself_with_an_example(path, command, capsys):
    assert isinstance(command, Command)
    assert command.help.count("\n\n") >= 1, "a summary and a paragraph"
    examples = command.example.splitlines()
    assert examples
    for example in examples:
        assert example.startswith(f"restrike {' '.join(path)}")
    assert main([*path, "--help"]) == 0
    shown = capsys.readouterr().out
    assert examples[0] in shown
    for option in ("--project", "--json", "--quiet", "--no-color", "--debug"):
        assert option in shown


@pytest.mark.parametrize(("path", "command"), LEAVES, ids=NAMES)
def test_every_example_is_a_command_line_that_can_be_understood(path, command):
    import shlex

    for example in command.example.splitlines():
        arguments = shlex.split(example)[1 + len(path) :]
        command.make_context(command.name, arguments, obj=None, resilient_parsing=False)


@pytest.mark.parametrize(("path", "command"), LEAVES, ids=NAMES)
def test_every_option_is_explained(path, command):
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


@pytest.mark.parametrize("arguments", [[], ["data"], ["store"], ["env"], ["--help"], ["-h"]])
def test_a_family_without_a_command_shows_its_help(arguments, capsys):
    assert main(arguments) == 0
    assert capsys.readouterr().out.startswith("Usage: restrike")


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"restrike {restrike.__version__}\n"


def test_options_hold_wherever_they_stand():
    from restrike.cli.options import Options

    seen = []
    family = Family("restrike")

    @family.command("go", cls=Command, example="restrike go")
    @click.pass_obj
    def go(options):
        seen.append((options.project, options.json, options.quiet))

    from restrike.cli.failures import guarded

    for arguments in (
        ["--project", "x", "--json", "-q", "go"],
        ["go", "--project", "x", "--json", "-q"],
        ["--json", "go", "-q", "--project=x"],
    ):
        assert guarded(family, arguments) == 0
    assert seen == [(Path("x"), True, True)] * 3
    assert Options().project is None


def cpu_of_help() -> float:
    before = os.times()
    subprocess.run([sys.executable, "-m", "restrike", "--help"], check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def loaded_by(arguments: list[str]) -> set[str]:
    program = (
        f"import sys; from restrike.cli import main; main({arguments!r}); print(sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(ast.literal_eval(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["data", "add", "--help"], ["rnu"]])
def test_help_loads_nothing_heavy(arguments):
    assert loaded_by(arguments) & set(HEAVY) == set()


def test_help_loads_no_command():
    assert {name for name in loaded_by(["--help"]) if name.startswith("restrike.cli.commands.")} == set()


def test_help_costs_little():
    # law: the budget is 0.12 s on a quiet machine (bench/); a busy one is given room, and the best of five counts.
    assert min(cpu_of_help() for _ in range(5)) < 0.25


def test_completion_of_commands(monkeypatch, capsys):
    monkeypatch.setenv("_RESTRIKE_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "restrike re")
    monkeypatch.setenv("COMP_CWORD", "1")
    assert main([]) == 0
    assert capsys.readouterr().out.splitlines() == ["plain,reproduce"]
