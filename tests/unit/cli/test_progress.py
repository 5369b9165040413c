"""What is told on standard error while a command works."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import threading

import pytest

from restrike.cli.options import Options
from restrike.cli.progress import PlainTeller, Reporter, told


def log(step, text, stream="stdout"):
    return {"event": "log", "step": step, "stream": stream, "text": text}


def test_plain_lines_where_there_is_no_terminal(capsys):
    with told(Options()) as progress:
        progress({"event": "note", "text": "data 'x' has a new version"})
        progress({"event": "warning", "text": "no lock"})
        progress({"event": "phase", "text": "hashing objects", "done": 1, "total": 3})
        progress({"event": "phase", "text": "hashing objects", "done": 2, "total": 3})
        progress({"event": "step", "step": "fit", "state": "started"})
        progress(log("fit", "epoch 1\nepo"))
        progress(log("fit", "ch 2"))
        progress({"event": "step", "step": "fit", "state": "executed", "seconds": 1.25})
        progress({"event": "step", "step": "load", "state": "reused"})
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "note: data 'x' has a new version",
        "warning: no lock",
        "hashing objects ...",
        "fit | epoch 1",
        "fit | epoch 2",
        "fit: executed (1.2 s)",
    ]


def test_quiet_tells_nothing(capsys):
    with told(Options(quiet=True)) as progress:
        progress({"event": "warning", "text": "no lock"})
        progress(log("fit", "x\n"))
    assert capsys.readouterr() == ("", "")


def test_a_progress_bar_is_told_as_it_looked_last(capsys):
    reporter = Reporter(PlainTeller())
    reporter(log("fit", "10%\r50%\r100%\nwindows\r\n"))
    reporter.close()
    assert capsys.readouterr().err == "fit | 100%\nfit | windows\n"


def test_streams_and_steps_are_not_mixed_within_a_line(capsys):
    reporter = Reporter(PlainTeller())
    reporter(log("a", "one "))
    reporter(log("b", "two\n"))
    reporter(log("a", "err\n", "stderr"))
    reporter(log("a", "three\n"))
    assert capsys.readouterr().err == "b | two\na | err\na | one three\n"


def test_what_was_not_ended_by_a_newline_is_told_at_the_end(capsys):
    def interrupted():
        with told(Options()) as progress:
            progress(log("a", "half"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert capsys.readouterr().err == "a | half\n"


def test_many_threads_may_tell_at_once(capsys):
    reporter = Reporter(PlainTeller())

    def tell(name):
        for number in range(200):
            reporter(log(name, f"{number}\n"))

    threads = [threading.Thread(target=tell, args=(f"s{index}",)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = capsys.readouterr().err.splitlines()
    for index in range(4):
        assert [line for line in lines if line.startswith(f"s{index} ")] == [f"s{index} | {n}" for n in range(200)]


PROGRAM = """
import sys, time
from restrike.cli.options import Options
from restrike.cli.progress import told
with told(Options()) as progress:
    progress({"event": "step", "step": "load", "state": "reused"})
    progress({"event": "step", "step": "fit", "state": "started"})
    progress({"event": "log", "step": "fit", "stream": "stdout", "text": "epoch 1\\n"})
    time.sleep(float(sys.argv[1]))
    progress({"event": "step", "step": "fit", "state": "executed", "seconds": 1.0})
    progress({"event": "warning", "text": "late"})
print("answer")
"""


def on_a_terminal(program: str, *arguments: str) -> tuple[str, str]:
    """Run a program with standard error on a terminal; return its standard output and what the terminal was sent."""
    master, slave = pty.openpty()
    variables = {**os.environ, "TERM": "xterm", "COLUMNS": "80", "LINES": "24"}
    variables.pop("NO_COLOR", None)
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, stderr=slave, env=variables
    )
    os.close(slave)
    shown = b""
    while True:
        try:
            block = os.read(master, 65536)
        except OSError:  # Linux's way of saying that the other end is closed
            break
        if not block:
            break
        shown += block
    out = process.communicate(timeout=60)[0]
    os.close(master)
    assert process.returncode == 0, shown
    return out.decode(), shown.decode()


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)


def test_nothing_is_drawn_before_a_second_has_passed():
    out, shown = on_a_terminal(PROGRAM, "0.1")
    assert out == "answer\n"
    assert plain(shown).replace("\r", "").splitlines() == ["fit | epoch 1", "warning late"]


def test_a_picture_of_the_steps_is_drawn_and_removed():
    out, shown = on_a_terminal(PROGRAM, "1.6")
    assert out == "answer\n"
    text = plain(shown)
    assert "fit | epoch 1" in text
    assert re.search(r"= load +reused", text)
    assert re.search(r"· fit +1\.\d s", text)
    assert "\x1b[2K" in shown, "the picture's lines are erased"
    assert shown.rindex("\x1b[?25h") > shown.index("\x1b[?25l"), "the cursor is shown again"
