"""The published JSON Schema: current, and of one mind with the loader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from restrike.config import json_schema
from restrike.config.parse import parse

PUBLISHED = Path(__file__).parents[3] / "docs" / "reference" / "restrike.schema.json"
SHORT = """\
restrike: 1
steps:
  a: {use: "m:f", outputs: [x, y]}
  b: {run: "ls -l", outputs: {out: x.csv}}
  c: {use: "m:f", outputs: {x: {as: metrics}, y: }}
evaluate: {predictions: a.x, truth: t, key: id, metrics: [accuracy, {use: "m:f"}]}
gates: [{metric: accuracy, slices: [a], against: champion, max_drop: 0.1}]
"""


def problems(text: str) -> list[str]:
    import jsonschema

    root = parse(text, "f").root
    assert root is not None
    return [error.message for error in jsonschema.Draft202012Validator(json_schema()).iter_errors(root.plain())]


def test_the_published_file_is_current() -> None:
    assert PUBLISHED.read_text() == json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def test_it_is_a_schema() -> None:
    import jsonschema

    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_it_accepts_what_the_loader_accepts(diabetes: str, ranker: str, small: str, load_text: Any) -> None:
    for text in (diabetes, ranker, small, SHORT.replace("slices: [a], ", "")):
        load_text(text)
        assert problems(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "restrike: 2\n",
        "restrike: 1\nnonsense: 1\n",
        "restrike: 1\nseed: -1\n",
        "restrike: 1\ndata: {rows: {pth: x}}\n",
        "restrike: 1\nsplit: {method: magic}\n",
        "restrike: 1\nsteps: {a: {use: m:f, shell: true}}\n",
        "restrike: 1\nevaluate: {metrics: accuracy}\n",
    ],
)
def test_it_refuses_what_the_loader_refuses(text: str) -> None:
    assert problems(text)


def test_every_key_is_described_in_the_reference() -> None:
    reference = (PUBLISHED.parent / "configuration.md").read_text()
    schema = json_schema()
    keys = set(schema["properties"])
    for definition in schema["$defs"].values():
        keys |= set(definition.get("properties", {}))
    assert [key for key in sorted(keys) if f"`{key}`" not in reference] == []
