"""Answers on standard output: drawn, as JSON, or bare."""

from __future__ import annotations

import json
import math

import pytest
from rich.text import Text

from restrike.cli.options import Options
from restrike.cli.output import answer, as_json, drawn
from restrike.cli.screens import words


def screen(document):
    return Text(f"run {document['run']}", style="bold")


def test_drawn_without_colours_when_not_on_a_terminal(capsys):
    answer(Options(), {"run": "abc"}, screen)
    assert capsys.readouterr().out == "run abc\n"


def test_json_is_the_whole_document(capsys):
    document = {"run": "abc", "metrics": {"test": {"r2": 0.1}}, "name": "ü"}
    answer(Options(json=True, quiet=True), document, screen, brief=lambda document: document["run"])
    out = capsys.readouterr().out
    assert json.loads(out) == document
    assert "ü" in out


def test_quiet_is_the_bare_answer(capsys):
    answer(Options(quiet=True), {"run": "abc"}, screen, brief=lambda document: document["run"])
    assert capsys.readouterr().out == "abc\n"


def test_quiet_without_a_bare_answer_draws(capsys):
    answer(Options(quiet=True), {"run": "abc"}, screen)
    assert capsys.readouterr().out == "run abc\n"


def test_json_has_no_numbers_that_json_lacks():
    text = as_json({"a": [math.nan, math.inf, -math.inf, 1.5], 1: (True, None)})
    assert json.loads(text) == {"a": ["!nan", "!inf", "!-inf", 1.5], "1": [True, None]}


def test_markup_and_emoji_in_values_are_left_alone():
    assert drawn(Text("[bold]x[/bold] :smile:")) == "[bold]x[/bold] :smile:"
    from restrike.cli.screens.layout import facts

    assert drawn(facts([("name", "[red]x :smile:")])) == "name  [red]x :smile:"


class Terminal:
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("options", "variables", "expected"),
    [
        (Options(), {}, True),
        (Options(no_color=True), {}, False),
        (Options(), {"NO_COLOR": "1"}, False),
        (Options(), {"NO_COLOR": ""}, True),
        (Options(), {"TERM": "dumb"}, False),
    ],
)
def test_colours_only_on_a_terminal_that_wants_them(options, variables, expected, monkeypatch, capsys):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert options.colours(Terminal()) is expected


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.76521739, "0.7652"),
        (0, "0"),
        (0.0, "0.0000"),
        (12, "12"),
        (1e-7, "1e-07"),
        (123456.789, "1.235e+05"),
        (None, "–"),
        (math.nan, "nan"),
        (True, "True"),
    ],
)
def test_numbers(value, text):
    assert words.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0421, "42 ms"), (0.5, "0.5 s"), (61, "1 min 01 s"), (59.96, "60.0 s"), (7260, "2 h 01 min"), (None, "–")],
)
def test_seconds(value, text):
    assert words.seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (2.5e9, "2.5 GB"), (3e15, "3000.0 TB")]
)
def test_sizes(value, text):
    assert words.size(value) == text


def test_values_that_differ_never_look_the_same():
    values = ["1", 1, 1.0, True, "true", "null", None, "", " x", "x", "[1]", [1], '"1"', {"a": 1}]
    shown = [words.exact(value) for value in values]
    assert len(set(shown)) == len(values)


def test_a_change_too_small_for_four_decimals_is_still_shown():
    assert words.change(0.5, 0.5) == "="
    assert words.change(0.5, 0.5 + 1e-9) == "+1.0e-09"
    assert words.change(0.5, None) == ""
