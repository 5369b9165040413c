"""Screens against documents as the API returns them; what they look like, a hundred columns wide, is kept beside.

To write the pictures anew after a change that is meant: RESTRIKE_SNAPSHOTS=write, then look at the difference.
"""

from __future__ import annotations

import functools
import importlib
import json
import os
from pathlib import Path

import pytest

from restrike.cli.output import drawn

FOLDER = Path(__file__).with_name("screens")
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
SCREENS = {
    "alias": "alias.screen",
    "check": "check.screen",
    "data_added": "data.added",
    "data_history": "data.history",
    "data_taken_out": "data.taken_out",
    "data_used_by": "data.used_by",
    "data_verified": "data.verified",
    "diff": "diff.screen",
    "env": "env.shown",
    "env_lock_incomplete": "env.locked",
    "env_locked": "env.locked",
    "env_mismatch": "env.rebuilt",
    "env_of_run": "env.shown",
    "env_rebuilt": "env.rebuilt",
    "get": "get.screen",
    "init": "init.screen",
    "log": "log.screen",
    "plan": "plan.screen",
    "reproduce": "reproduce.screen",
    "run": "run.screen",
    "runs": "runs.screen",
    "show": "show.screen",
    "store_damaged": "store.checked",
    "store_reindexed": "store.reindexed",
    "store_sound": "store.checked",
    "store_tidied": "store.tidied",
    "why": "why.screen",
}


def screen_of(name):
    dotted = SCREENS.get(name) or SCREENS[name.partition("_")[0]]
    module, _, function = dotted.partition(".")
    return getattr(importlib.import_module(f"restrike.cli.screens.{module}"), function)


def document(name):
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


@pytest.fixture(autouse=True)
def _utc(monkeypatch):
    import time

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def check(name, text):
    picture = FOLDER / f"{name}.txt"
    if os.environ.get("RESTRIKE_SNAPSHOTS") == "write":
        picture.write_text(text + "\n", "utf-8")
    assert text + "\n" == picture.read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_looks_as_it_did(name):
    check(name, drawn(screen_of(name)(document(name)), width=100))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("show", {"part": "patch"}),
        ("show", {"part": "config"}),
        ("diff", {"patches": True}),
        ("env", {"every": True}),
    ],
)
def test_looks_as_it_did_with_more(name, options):
    picture = f"{name}-{'-'.join(str(value) for value in options.values()).lower()}"
    check(picture, drawn(functools.partial(screen_of(name), **options)(document(name)), width=100))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [60, 80, 100])
def test_nothing_is_wider_than_the_terminal(name, width):
    for line in drawn(screen_of(name)(document(name)), width=width).splitlines():
        assert len(line) <= width, line


@pytest.mark.parametrize("name", NAMES)
def test_no_digest_or_word_is_cut_short_with_dots(name):
    assert "…" not in drawn(screen_of(name)(document(name)), width=60)


@pytest.mark.parametrize("name", NAMES)
def test_colours_add_nothing_but_colours(name, monkeypatch):
    import re

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "")
    screen = screen_of(name)(document(name))
    bare = re.sub(r"\x1b\[[0-9;]*m", "", drawn(screen, colours=True, width=100))
    assert [line.rstrip() for line in bare.splitlines()] == drawn(screen, width=100).splitlines()


def test_verdicts_have_colours_of_their_own(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    from restrike.cli.screens.layout import VERDICTS

    words = ["identical", "equal", "equivalent", "different", "could not judge"]
    assert [VERDICTS[word].rpartition(" ")[2] for word in words] == ["green", "cyan", "yellow", "red", "magenta"]
    text = drawn(screen_of("reproduce_identical")(document("reproduce_identical")), colours=True, width=100)
    assert "\x1b[1;7;32m IDENTICAL \x1b[0m" in text
