"""What the seal hid is told with the line that declares it, and what it did not hide is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from restrike.execution.sandbox import Lookup
from restrike.execution.sandbox.hidden import Hidden, hidden

PROJECT, HOME = Path("/home/ann/p"), Path("/home/ann")


def find(*lookups: Lookup | str, **given: Any) -> list[Hidden]:
    entries = [Lookup(item, False, "open") if isinstance(item, str) else item for item in lookups]
    defaults: dict[str, Any] = {"data": {}, "inputs": set(), "left_out": {}, "exists": lambda path: True}
    return hidden(entries, project=PROJECT, home=HOME, **{**defaults, **given})


@pytest.mark.parametrize(
    ("path", "given", "kind", "host", "hint"),
    [
        ("/home/restrike/x.csv", {}, "outside the project", "/home/ann/x.csv", "data: {x: /home/ann/x.csv}"),
        ("/mnt/big file.csv", {}, "outside the project", "/mnt/big file.csv", 'data: {big_file: "/mnt/big file.csv"}'),
        ("/project/data/x.csv", {}, "ignored by git", "/home/ann/p/data/x.csv", "data: {x: data/x.csv}"),
        (
            "/project/gen/schema.py",
            {},
            "ignored by git",
            "/home/ann/p/gen/schema.py",
            "snapshot: {include: [gen/schema.py]}",
        ),
        ("/project/w.bin", {"left_out": {"w.bin": "large"}}, "too large", "/home/ann/p/w.bin", "data: {w: w.bin}"),
        (
            "/project/big/a.bin",
            {"left_out": {"big": "large"}},
            "too large",
            "/home/ann/p/big/a.bin",
            "data: {a: big/a.bin}",
        ),
        (
            "/project/.env",
            {"left_out": {".env": "secret"}},
            "secret",
            "/home/ann/p/.env",
            "snapshot: {include: [.env]}",
        ),
        ("/project/restrike.yaml", {}, "config", "/home/ann/p/restrike.yaml", "params:"),
        (
            "/project/d/x.csv",
            {"data": {"rows": "d"}},
            "declared but not an input",
            "/home/ann/p/d/x.csv",
            "inputs: {rows: data.rows}",
        ),
        ("/mnt/y", {"data": {"far": "/mnt/y"}}, "declared but not an input", "/mnt/y", "inputs: {far: data.far}"),
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
    assert (item.kind, item.hint) == ("network", "network: true")
    assert "a name service" in item.what
