"""What the seal hid is told with the line that declares it, and what it did not hide is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from restrike.execution.sandbox import Lookup
from restrike.execution.sandbox.hidden import Belongings, Hidden, hidden
from restrike.execution.sandbox.hints import Hints

INPUT = "steps:\n  fit:\n    inputs:\n      {0}: data.{0}"
PROJECT, HOME = Path("/home/ann/p"), Path("/home/ann")


def find(*lookups: Lookup | str, **given: Any) -> list[Hidden]:
    entries = [Lookup(item, False, "open") if isinstance(item, str) else item for item in lookups]
    defaults: dict[str, Any] = {"data": {}, "inputs": set(), "left_out": {}, "exists": lambda path: True}
    hints = Hints("fit", {"taken"}, dict(given.get("data", {})))
    return hidden(entries, Belongings(project=PROJECT, home=HOME, **{**defaults, **given}), hints)


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


def test_a_setting_of_the_machine_counts_where_the_users_own_line_asks_for_it() -> None:
    (item,) = find("/etc/machine-id", by_own_line={"/etc/machine-id"})
    assert (item.kind, item.path) == ("outside the project", "/etc/machine-id")


def test_settings_of_a_tool_count_where_the_users_own_line_asks_for_them() -> None:
    for path in ("/home/restrike/.bashrc", "/home/restrike/.config/app.toml"):
        assert find(path) == []
        assert len(find(path, by_own_line={path})) == 1
    assert find("/project/.pytest_cache/x") == []


def test_a_package_that_is_missing_is_taken_in_whole() -> None:
    (item,) = find(Lookup("/project/made/__init__.py", False, "import"))
    assert (item.imported, item.hint) == (True, "snapshot:\n  include: [made/]")


def test_a_path_that_leaves_the_tree_is_found_beside_the_project() -> None:
    there = {Path("/home/ann/beside.csv"), Path("/home") / "above.csv"}
    beside, above = find("/beside.csv", "/above.csv", exists=there.__contains__)
    assert (beside.path, beside.host) == ("../beside.csv", Path("/home/ann/beside.csv"))
    assert "data:\n  beside: /home/ann/beside.csv" in beside.hint
    assert beside.hint.endswith("open it as '/home/ann/beside.csv'")
    assert above.path == "../../above.csv"
    assert find("/.git", "/.git/config", exists=lambda path: path.is_relative_to(HOME)) == []


def test_a_path_that_leaves_the_tree_to_given_data_is_opened_by_its_own_name() -> None:
    (item,) = find("/x.csv", data={"x": "/home/ann/x.csv"}, inputs={"x"}, exists={Path("/home/ann/x.csv")}.__contains__)
    assert item.hint == "open it as '/home/ann/x.csv'"


def test_a_link_that_leads_out_of_the_project_says_where_to() -> None:
    links = {PROJECT / "linked": Path("/mnt/far")}
    (item,) = find("/project/linked/x.csv", target=links.get)
    assert (item.kind, item.path) == ("outside the project", "linked/x.csv")
    assert "'/mnt/far/x.csv'" in item.what
    assert item.hint.startswith("data:\n  linked: linked\n")
    within = {PROJECT / "linked": PROJECT / "data"}
    assert [item.kind for item in find("/project/linked/x.csv", target=within.get)] == ["ignored by git"]


def test_the_repository_counts_for_who_asks_git() -> None:
    git = Lookup("/usr/bin/git", True, "exec")
    (item,) = find(git, "/project/.git")
    assert item.kind == "history"
    assert find(Lookup("/env/bin/tool", True, "exec"), "/project/.git") == []


def test_a_variable_whose_name_says_so_is_handed_on_as_a_secret() -> None:
    assert Hints("fit").variable("COUNTRY") == "environment:\n  env:\n    pass: [COUNTRY]"
    for name in ("HUB_TOKEN", "API_KEY", "db_password", "AWS_SECRET_ACCESS_KEY"):
        assert Hints("fit").variable(name) == f"environment:\n  env:\n    secret: [{name}]"
    assert "pass" in Hints("fit").variable("KEYBOARD")


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
