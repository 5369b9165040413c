"""On a terminal: colours there and nowhere else, and the live picture on standard error alone."""

import os
import pty
import re
import subprocess

import pytest

from restrike.cli.root import SECTIONS


def on_a_terminal(user, *words, **more):
    """Run `restrike WORDS` with a terminal for standard output and return what it showed."""
    variables = {**user.variables, "TERM": "xterm-256color", "COLUMNS": "80", **more}
    ours, theirs = pty.openpty()
    command = ["restrike", *words]
    done = subprocess.Popen(command, cwd=user.project, env=variables, stdout=theirs, stderr=theirs, stdin=theirs)
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the terminal closes with its last process
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    done.wait(60)
    return shown.decode()


@pytest.fixture
def coloured(small):
    del small.variables["NO_COLOR"]
    return small


COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def test_a_terminal_shows_colours_and_a_pipe_none(coloured):
    assert COLOUR.search(on_a_terminal(coloured, "run"))
    piped = coloured.types("run", "--no-reuse")
    assert "\x1b" not in piped.out + piped.err
    assert "finished" in piped.out


@pytest.mark.parametrize("how", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_that_wants_no_colours_gets_none(coloured, how):
    assert COLOUR.search(on_a_terminal(coloured, "runs", **how)) is None
    assert COLOUR.search(on_a_terminal(coloured, "show", "nobody", **how)) is None
    assert COLOUR.search(on_a_terminal(coloured, "show", "nobody"))


def test_progress_is_told_on_standard_error_alone(small):
    answer = small.types("run")
    assert "capturing" in answer.err
    assert "capturing" not in answer.out
    assert small.types("run", "--quiet").err == ""


COMMANDS = [(), *((name,) for names in SECTIONS.values() for name in names)]


@pytest.mark.parametrize("width", ["80", "120"])
def test_help_fits_the_terminal(user, width):
    for words in COMMANDS:
        shown = user.types(*words, "--help", COLUMNS=width).out
        assert max(map(len, shown.splitlines())) <= int(width), words
