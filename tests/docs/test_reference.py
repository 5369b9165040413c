"""The reference is whole and current."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def _load():
    spec = importlib.util.spec_from_file_location("reference", ROOT / "tools" / "reference.py")
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["reference"] = module
    spec.loader.exec_module(module)
    return module


reference = _load()
ERRORS = reference.every_error()


@pytest.mark.parametrize("path", reference.pages(), ids=lambda path: path.name)
def test_generated_pages_are_current(path):
    assert path.read_text("utf-8") == reference.pages()[path], "make docs"


def test_every_code_of_an_error_means_one_thing():
    owners: dict[str, set[str]] = {}
    for error in ERRORS:
        owners.setdefault(error.code, set()).add(f"{error.module}.{error.name}")
    assert {code: names for code, names in owners.items() if len(names) > 1} == {}


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: f"{error.code}-{error.name}")
def test_every_error_says_what_it_means_in_whole_sentences(error):
    assert re.match(r"\S.*[.]$", error.text.replace("\n", " ")), error.text


HUNDREDS = {
    "base": "0",
    "api": "07",
    "workspace": "0",
    "cli": "0",
    "config": "1",
    "code": "2",
    "environment": "3",
    "data": "4",
    "store": "5",
    "training": "46",  # what is wrong with the data is told where a step finds it
    "evaluation": "46",
    "codecs": "46",
    "worker": "6",
    "execution": "6",
    "pipeline": "6",
    "records": "7",
    "verification": "8",
}


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: f"{error.code}-{error.name}")
def test_every_error_has_the_hundred_of_its_room(error):
    room = error.module.split(".")[1]
    assert error.code[1] in HUNDREDS[room]


def test_every_class_of_error_that_can_be_shown_states_its_code():
    codeless = [
        error.name
        for path in reference.SOURCE.rglob("*.py")
        for error in reference.classes_of(path)
        if "RestrikeError" in error.bases and not error.code
    ]
    assert codeless == []


def test_every_command_is_documented():
    page = (DOCS / "reference" / "commands.md").read_text("utf-8")
    from restrike.cli.root import SECTIONS

    for name in (name for names in SECTIONS.values() for name in names):
        assert f"### restrike {name}\n" in page


def _keys(schema: dict, seen: set[str]) -> set[str]:
    for key, value in schema.items():
        if key == "properties":
            seen |= set(value)
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict):
                _keys(part, seen)
    return seen


def test_every_key_of_the_configuration_is_documented():
    schema = json.loads((DOCS / "reference" / "restrike.schema.json").read_text("utf-8"))
    page = (DOCS / "reference" / "configuration.md").read_text("utf-8")
    keys = _keys(schema, set())
    assert len(keys) > 30
    assert sorted(key for key in keys if not re.search(rf"\b{re.escape(key)}\b", page)) == []


def _pages():
    return sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *DOCS.rglob("*.md")])


@pytest.mark.parametrize("page", _pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_between_pages_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"[a-z]+:", target) and not target.startswith("#"):
            assert (page.parent / target.partition("#")[0]).exists(), target


def test_every_page_is_reached_from_the_index():
    index = (DOCS / "README.md").read_text("utf-8")
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")} - {"README.md"}
    assert sorted(page for page in pages if f"({page})" not in index) == []


def test_every_schema_of_a_document_is_named_where_scripts_are_explained():
    page = (DOCS / "reference" / "scripting.md").read_text("utf-8")
    schemas = {path.name for path in (DOCS / "reference").glob("*.schema.json")} - {"restrike.schema.json"}
    assert sorted(name for name in schemas if f"({name})" not in page) == []
