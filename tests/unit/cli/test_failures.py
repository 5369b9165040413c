"""How commands end when they end badly: one form on standard error and in JSON, and the exit status."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from restrike.base.errors import RestrikeError, StorageFull
from restrike.cli import failures, main
from restrike.cli.options import Command, Family, Options


class Spoilt(RestrikeError):
    code = "R499"


def root_that_raises(error):
    root = Family("restrike")

    @root.command("go", cls=Command, example="restrike go")
    def go():
        """Go."""
        raise error

    return root


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("RESTRIKE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_an_error_says_what_where_and_what_to_do(capsys):
    error = Spoilt(
        "data 'patients' is gone", where="restrike.yaml:4:11", hint="git lfs pull", details=("one", "two\n3")
    )
    assert failures.guarded(root_that_raises(error), ["go"]) == 2
    assert capsys.readouterr() == (
        "",
        "error[R499]: data 'patients' is gone\n  --> restrike.yaml:4:11\n  one\n  two\n  3\n\nhint: git lfs pull\n",
    )


def test_an_error_in_json_is_one_document_on_standard_output(capsys):
    assert failures.guarded(root_that_raises(StorageFull("full")), ["go", "--json"]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    assert json.loads(out) == {"error": {"code": "R002", "what": "full", "where": None, "hint": None, "details": []}}


def test_json_may_stand_before_the_command(capsys):
    assert failures.guarded(root_that_raises(StorageFull("full")), ["--json", "go"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "R002"


def test_colours_are_in_the_text_only_when_asked_for():
    error = Spoilt("gone", where="x:1:1", hint="do")
    assert "\x1b" not in failures.text_of(error)
    assert re.sub(r"\x1b\[[0-9;]*m", "", failures.text_of(error, colours=True)) == failures.text_of(error)


def test_a_bug_says_so_and_keeps_a_report(cache, capsys, monkeypatch):
    monkeypatch.setenv("API_TOKEN", "hunter2-in-the-environment")
    assert failures.guarded(root_that_raises(KeyError("x")), ["go"]) == 70
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error[R099]: this is a bug in restrike: KeyError: 'x'\n")
    assert "Traceback" not in err
    (report,) = (cache / "bugs").iterdir()
    assert str(report) in err
    text = report.read_text("utf-8")
    assert "Traceback" in text
    assert "command: restrike go" in text
    assert "hunter2" not in text


def test_a_bug_where_no_report_can_be_kept_is_still_told(monkeypatch, capsys, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("RESTRIKE_CACHE", str(tmp_path / "file"))
    assert failures.guarded(root_that_raises(KeyError("x")), ["go"]) == 70
    assert "this is a bug in restrike" in capsys.readouterr().err


def test_debug_shows_the_traceback_too(capsys):
    assert failures.guarded(root_that_raises(StorageFull("full")), ["go", "--debug"]) == 1
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert err.endswith("error[R002]: full\n")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_ctrl_c_is_130_and_one_line(error, capsys):
    assert failures.guarded(root_that_raises(error), ["go"]) == 130
    assert capsys.readouterr().err == "error[R091]: interrupted; what was recorded before is kept\n"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["rnu"], "error[R090]: no command 'rnu'\n  --> restrike\n\nhint: restrike run\n"),
        (["frobnicate"], "error[R090]: no command 'frobnicate'\n  --> restrike\n\nhint: restrike --help\n"),
        (["data", "ad"], "error[R090]: no command 'ad'\n  --> restrike data\n\nhint: restrike data add\n"),
        (
            ["run", "--no-reuze"],
            "error[R090]: no option '--no-reuze'\n  --> restrike run\n\nhint: restrike run --no-reuse\n",
        ),
        (["run", "--zzz"], "error[R090]: no option '--zzz'\n  --> restrike run\n\nhint: restrike run --help\n"),
        (
            ["data", "log"],
            "error[R090]: missing argument 'NAME'\n  --> restrike data log\n\nhint: restrike data log --help\n",
        ),
        (
            ["run", "--workers", "none"],
            "error[R090]: invalid value for '--workers': 'none' is not a whole number\n"
            "  --> restrike run\n\nhint: restrike run --help\n",
        ),
        (
            ["runs", "5"],
            "error[R090]: nothing more is expected, but '5' follows\n"
            "  --> restrike runs\n\nhint: restrike runs --help\n",
        ),
    ],
)
def test_a_wrong_command_line_is_told_like_any_error(arguments, text, capsys):
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == text


def test_a_wrong_command_line_in_json(capsys):
    assert main(["run", "--frob", "--json"]) == 2
    out, err = capsys.readouterr()
    assert err == ""
    assert json.loads(out)["error"]["code"] == "R090"


def test_what_follows_two_dashes_is_not_taken_for_an_option_of_restrike():
    from restrike.cli.options import given

    assert not given(["run", "--", "python", "x.py", "--json"]).json


def child(*arguments, **keywords):
    return subprocess.run(
        [sys.executable, "-c", "import sys; from restrike.cli import main; sys.exit(main())", *arguments],
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
        **keywords,
    )


def test_a_closed_pipe_is_no_error():
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        done = child("--help", stdout=pipe, stderr=subprocess.PIPE)
    assert done.returncode == 141
    assert done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
def test_an_output_that_cannot_be_written_is_an_error():
    with open("/dev/full", "wb") as full:
        done = child("--help", stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert done.stderr == b"error[R092]: cannot write the output: No space left on device\n"


def test_text_that_the_terminal_cannot_show_does_not_stop_a_command():
    variables = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = child("rün", stderr=subprocess.PIPE, env=variables)
    assert done.returncode == 2
    assert done.stderr.startswith(b"error[R090]: no command 'r?n'")


def test_a_real_interrupt_ends_a_command_with_130(tmp_path):
    program = (
        "import sys, time, click\n"
        "from restrike.cli.options import Family\n"
        "from restrike.cli.failures import guarded\n"
        "root = Family('restrike')\n"
        "@root.command('wait', example='restrike wait')\n"
        "def wait():\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(60)\n"
        "sys.exit(guarded(root, ['wait']))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err == b"error[R091]: interrupted; what was recorded before is kept\n"


def test_tell_returns_the_exit_status_of_the_class():
    class Strange(RestrikeError):
        code = "R498"
        exit_code = 20

    assert failures.tell(Strange("odd"), Options(quiet=True)) == 20
