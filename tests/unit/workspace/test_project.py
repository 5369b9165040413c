"""Where a project's store is, read before anything else of its config."""

from __future__ import annotations

from pathlib import Path

import pytest

from restrike.workspace.project import Project, StoreUnclear

CONFIG = "restrike: 1\nsteps: {{one: {{use: 'steps:one'}}}}\n{}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that makes a project with a line in its config."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    def make(line: str) -> Project:
        (tmp_path / "project").mkdir(exist_ok=True)
        (tmp_path / "project" / "restrike.yaml").write_text(CONFIG.format(line))
        return Project(tmp_path / "project")

    return make


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("", "project/.restrike"),
        ("store: ../shared", "shared"),
        ("store: kept/here  # of all", "project/kept/here"),
        ('store: "a folder"', "project/a folder"),
        ("store: 'it'   # quoted", "project/it"),
        ("store: ~/runs", "home/runs"),
        ("store: /srv/runs", "/srv/runs"),
        ("store:", "project/.restrike"),
    ],
)
def test_the_store_is_where_the_config_says(project, tmp_path, line, place):
    made = project(line)
    assert made.store_root == tmp_path / place
    made.config()


@pytest.mark.parametrize("line", ["store: >-\n  ../shared", '"store": ../shared'])
def test_a_place_written_otherwise_is_told(project, line):
    with pytest.raises(StoreUnclear) as told:
        project(line).config()
    assert told.value.hint.endswith("store: ../shared")


def test_a_store_inside_the_project_is_no_code(project):
    from restrike.execution.capture import left_out

    made = project("store: kept/here")
    assert "kept/here" in left_out(made.root, made.config())
    outside = project("store: ../shared")
    assert set(left_out(outside.root, outside.config())) == {".restrike", "../shared", "restrike.yaml"}
