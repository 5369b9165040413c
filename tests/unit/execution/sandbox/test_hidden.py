"""What the seal hid is told with the line that declares it, and what it did not hide is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from restrike.execution.sandbox import Lookup
from restrike.execution.sandbox.hidden import Hidden, hidden
from restrike.execution.sandbox.hints import Hints

INPUT = "steps:\n  fit:\n    inputs:\n      {0}: data.{0}"
PROJECT, HOME = Path("/home/ann/p"), Path("/home/ann")


def find(*lookups: Lookup | str, **given: Any) -> list[Hidden]:
    entries = [Lookup(item, False, "open") if isinstance(item, str) else item for item in lookups]
    defaults: dict[str, Any] = {"data": {}, "inputs": set(), "left_out": {}, "exists": lambda path: True}
    defaults["hints"] = Hints("fit", {"taken"}, dict(given.get("data", {})))
    return hidden(entries, project=PROJECT, home=HOME, **{**defaults, **given})


@pytest.mark.parametrize(
    ("path", "given", "kind", "host", "hint"),
    [
        (
            "/home/restrike/x.csv",
            {},
            "outside the project",
            "/home/ann/x.csv",
            "data:\n  x: ~/x.csv\nsteps:",
        ),
        (
            "/mnt/big file.csv",
            {},
            "outside the project",
            "/mnt/big file.csv",
            'data:\n  big_file: "/mnt',
        ),
        ("/project/data/x.csv", {}, "ignored by git", "/home/ann/p/data/x.csv", "data:\n  x: data/x.csv\n"),
        (
            "/project/gen/schema.py",
            {},
            "ignored by git",
            "/home/ann/p/gen/schema.py",
            "snapshot:\n  include: [gen/schema.py]",
        ),
        ("/project/w.bin", {"left_out": {"w.bin": "large"}}, "too large", "/home/ann/p/w.bin", "data:\n  w: w.bin\n"),
        (
            "/project/big/a.bin",
            {"left_out": {"big": "large"}},
            "too large",
            "/home/ann/p/big/a.bin",
            "data:\n  a: big/a.bin\n",
        ),
        (
            "/project/.env",
            {"left_out": {".env": "secret"}},
            "secret",
            "/home/ann/p/.env",
            "snapshot:\n  include: [.env]   # only if",
        ),
        ("/project/restrike.yaml", {}, "config", "/home/ann/p/restrike.yaml", "params:"),
        (
            "/project/d/x.csv",
            {"data": {"rows": "d"}},
            "declared but not an input",
            "/home/ann/p/d/x.csv",
            INPUT.format("rows"),
        ),
        (
            "/mnt/y",
            {"data": {"far": "/mnt/y"}},
            "declared but not an input",
            "/mnt/y",
            INPUT.format("far"),
        ),
        ("/home/ann/p/data/x.csv", {}, "outside the project", "/home/ann/p/data/x.csv", "open it as 'data/x.csv'"),
    ],
)
def test_hidden_files_come_with_the_way_out(path: str, given: dict[str, Any], kind: str, host: str, hint: str) -> None:
    (item,) = find(path, **given)
    assert (item.kind, item.host) == (kind, Path(host))
    assert item.hint.startswith(hint)


@pytest.mark.parametrize(
    "lookup",
    [
        Lookup("/project/data/x.csv", True, "open"),
        "/project/__pycache__/m.cpython-311.pyc",
        "/project/.git/config",
        "/project/.restrike/format",
        "/home/restrike/.config/matplotlib/matplotlibrc",
        "/etc/machine-id",
        "/var/tmp",
    ],
)
def test_innocent_look_ups_are_not_told(lookup: Lookup | str) -> None:
    assert find(lookup) == []


def test_what_the_user_does_not_have_either_is_not_hidden() -> None:
    assert find("/project/x", "/home/restrike/x", "/mnt/x", exists=lambda path: False) == []


def test_given_data_is_not_hidden() -> None:
    assert find("/project/d/x.csv", data={"rows": "d"}, inputs={"rows"}) == []


def test_folders_on_the_way_and_repetitions_are_told_once() -> None:
    found = find("/project/data", "/project/data/x.csv", Lookup("/project/data/x.csv", False, "stat"))
    assert [item.path for item in found] == ["data/x.csv"]


def test_the_network_is_told_once() -> None:
    (item,) = find(Lookup("127.0.0.1:53", False, "connect"), Lookup("192.0.2.1:443", False, "connect"))
    assert (item.kind, item.hint) == ("network", "steps:\n  fit:\n    network: true")
    assert "a name service" in item.what


def test_hints_are_yaml_that_says_what_is_meant() -> None:
    import yaml

    for path in ("~/x.csv", "data/ü ä.csv", 'a"b\\c', "1.5", "null", "- x", "{a}", "#5", "a: b", "true", "~", "1e3"):
        hint = Hints("fit").as_data(path)
        told = yaml.safe_load(hint)
        (name,) = told["data"]
        assert told == {"data": {name: path}, "steps": {"fit": {"inputs": {name: f"data.{name}"}}}}, hint
        assert yaml.safe_load(Hints("fit").in_snapshot(path)) == {"snapshot": {"include": [path]}}


def test_hints_for_one_step_never_share_a_name() -> None:
    data = {"x": "x.csv"}
    hints = Hints("fit", {"x", "y"}, data)
    assert hints.as_data("a/x.csv") == "data:\n  x_2: a/x.csv\nsteps:\n  fit:\n    inputs:\n      x_2: data.x_2"
    assert "  x_3: b/x.csv\n" in hints.as_data("b/x.csv")
    assert "      y_2: data.y" in hints.as_data("y.csv")
    assert "  x_3: b/x.csv\n" in Hints("score", (), data).as_data("b/x.csv")
    assert "my_rows: data.my-rows" in hints.as_input("my-rows")


def test_a_built_in_step_has_no_section_to_paste_into() -> None:
    hints = Hints("train", builtin=True)
    assert hints.as_data("words.txt") == "snapshot:\n  include: [words.txt]"
    assert hints.network() == "allow:\n  network: true"
    assert not any("steps:" in hint for hint in (hints.as_data("~/x"), hints.as_input("x"), hints.as_data("/x")))
