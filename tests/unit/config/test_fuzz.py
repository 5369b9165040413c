"""Whatever stands in the file: a configuration or an error for people, never a traceback."""

from __future__ import annotations

import contextlib
import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from restrike.base import canonical
from restrike.base.errors import RestrikeError
from restrike.config import ConfigError, load
from restrike.config.parse import parse

ODD: list[Any] = [None, True, -1, 0, 1.5, 10**30, "", "a", "a.b", "m:f", "data.raw", "{inputs.x}", "all", "@last"]
ODD += ["~", "..", [], [[]], [None], ["a", "a"], {}, {"": 1}, {"a": None}, {"use": 1}, {"run": []}]
ODD += [{"a": {"path": "x", "as": "metrics"}}]
KEYS = "use run params inputs outputs method fractions key where by bins min against slices on data path read"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("project")


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inside:
        found += places(below, (*path, key))
    return found


def change(document: Any, path: tuple[Any, ...], how: str, key: str, value: Any) -> None:
    node, value = document, copy.deepcopy(value)
    for step in path[:-1]:
        node = node[step]
    if how == "replace":
        node[path[-1]] = value
    elif how == "remove":
        del node[path[-1]]
    elif isinstance(node, dict):
        node[key] = value


@given(data=st.data())
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_changed_configuration_loads_or_is_explained(
    data: st.DataObject, folder: Path, diabetes: str, ranker: str
) -> None:
    root = parse(data.draw(st.sampled_from([diabetes, ranker])), "f").root
    assert root is not None
    document = root.plain()
    for _ in range(data.draw(st.integers(1, 3))):
        if found := places(document):
            path = data.draw(st.sampled_from(found))
            how = data.draw(st.sampled_from(["replace", "remove", "add"]))
            change(document, path, how, data.draw(st.sampled_from(KEYS.split())), data.draw(st.sampled_from(ODD)))
    file = folder / "restrike.yaml"
    file.write_text(json.dumps(document, indent=1))
    try:
        config = load(file)
    except ConfigError as error:
        for problem in error.problems:
            assert problem.place.line >= 1
            assert problem.message
            assert "valid:" not in problem.message, "a kind of problem without words of its own"
    else:
        assert canonical.loads(canonical.dumps(config.document)) == config.document
        assert config.document_with_origins()


@given(flags=st.lists(st.text(st.characters(codec="utf-8"), max_size=30), max_size=3))
@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_flag_is_carried_out_or_explained(flags: list[str], folder: Path, small: str) -> None:
    path = folder / "restrike.yaml"
    path.write_text(small)
    with contextlib.suppress(RestrikeError):
        load(path, overrides=flags)


@given(data=st.binary(max_size=300))
@settings(deadline=None, max_examples=150)
def test_any_bytes_are_read_or_explained(data: bytes, folder: Path) -> None:
    path = folder / "restrike.yaml"
    path.write_bytes(data)
    with pytest.raises(RestrikeError):
        load(path)


@pytest.mark.parametrize("form", ["\ufeff{}", "{}...\n", "---\n{}"])
def test_other_forms_of_the_same_file(form: str, load_text: Any, small: str) -> None:
    assert load_text(form.format(small)).document == load_text(small).document


def test_line_ends_of_windows(folder: Path, small: str) -> None:
    path = folder / "restrike.yaml"
    path.write_bytes(small.replace("\n", "\r\n").encode())
    config = load(path)
    assert config.origin("label") == "restrike.yaml:6:8"
