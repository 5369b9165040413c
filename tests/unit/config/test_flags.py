"""`--set`: the same as the edit of the file that it stands for."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from restrike.config import ConfigError, load
from restrike.config.parse import parse
from restrike.config.tree import dotted

PLACES: list[tuple[tuple[Any, ...], st.SearchStrategy[Any]]] = [
    (("seed",), st.integers(0, 2**32 - 1)),
    (("name",), st.sampled_from(["NO", "1e-3", "a: b", "ü", "x # y", "[1", "'", '"', "010"])),
    (("train", "params", "C"), st.floats(allow_nan=False) | st.integers() | st.text("aNO:#-[{'\" \\1e", max_size=6)),
    (("train", "params", "nested"), st.dictionaries(st.sampled_from(["a", "b.c"]), st.booleans() | st.none())),
    (("features", "numeric", 1), st.sampled_from(["glucose", "skin"])),
    (("split", "fractions"), st.sampled_from([{"train": 0.5, "test": 0.5}, {"test": 0.25, "train": 0.75}])),
    (("evaluate", "intervals", "level"), st.floats(0.01, 0.99)),
    (("data", "patients", "read", "types", "age"), st.sampled_from(["int", "float"])),
    (("environment", "env", "set", "A"), st.sampled_from(["1", "NO", " x ", ""])),
    (("numeric", "threads"), st.integers(1, 64)),
    (("gates",), st.sampled_from([[], [{"metric": "recall", "min": 0.5}]])),
    (("weight",), st.none() | st.just("age")),
]


def edited(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    document = copy.deepcopy(document)
    node = document
    for step in path[:-1]:
        node = node[step] if isinstance(node, list) else node.setdefault(step, {})
    node[path[-1]] = value
    return document


def in_yaml(value: Any) -> str:
    """Return a value as YAML. JSON is YAML, but for numbers such as Infinity and text in JSON's escapes."""
    return json.dumps(value, ensure_ascii=False).replace("Infinity", ".inf")


@st.composite
def edits(draw: st.DrawFn) -> list[tuple[tuple[Any, ...], Any]]:
    chosen = draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=3, unique_by=lambda place: place[0]))
    return [(path, draw(values)) for path, values in chosen]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("project")


@given(edits=edits())
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_flag_equals_the_edit(edits: list[tuple[tuple[Any, ...], Any]], folder: Path, diabetes: str) -> None:
    root = parse(diabetes, "f").root
    assert root is not None
    document = root.plain()
    path = folder / "restrike.yaml"
    path.write_text(diabetes)
    by_flag = load(path, overrides=[f"{dotted(place)}={in_yaml(value)}" for place, value in edits])
    for place, value in edits:
        document = edited(document, place, value)
    path.write_text(in_yaml(document))
    by_edit = load(path)
    assert by_flag.document == by_edit.document
    assert by_flag.recipe == by_edit.recipe
    for place, value in edits:
        if value not in (None, {}, []):
            assert by_flag.origin(dotted(place)).startswith(f"--set {dotted(place)}=")


class TestAComponentThatIsReplaced:
    def test_loses_its_params(self, load_text: Any, diabetes: str) -> None:
        config = load_text(diabetes, "train.use=sklearn.svm:SVC")
        assert config.training["train"] == {"use": "sklearn.svm:SVC", "params": {}, "preload": []}

    def test_keeps_what_flags_give_it(self, load_text: Any, diabetes: str) -> None:
        for flags in (["train.params.C=2", "train.use=m:E"], ["train.use=m:E", "train.params.C=2"]):
            assert load_text(diabetes, *flags).training["train"]["params"] == {"C": 2}

    def test_keeps_its_params_if_it_stays_the_same(self, load_text: Any, diabetes: str) -> None:
        config = load_text(diabetes, "train.use=sklearn.linear_model:LogisticRegression")
        assert config.training["train"]["params"] == {"C": 1.0, "max_iter": 500}

    def test_inside_a_list(self, load_text: Any, diabetes: str) -> None:
        config = load_text(diabetes, "preprocess.numeric.0.use=sklearn.impute:KNNImputer")
        assert config.training["preprocess"]["numeric"][0] == {"use": "sklearn.impute:KNNImputer", "params": {}}

    def test_a_step_becomes_a_command(self, load_text: Any, ranker: str) -> None:
        config = load_text(ranker, "steps.clean.run=[make, docs]", "steps.clean.outputs.output=docs/")
        assert config.steps[0].command == ("make", "docs")
        assert config.steps[0].use is None

    def test_params_may_have_a_key_called_use(self, load_text: Any, diabetes: str) -> None:
        config = load_text(diabetes, "train.params.use=1")
        assert config.training["train"]["params"] == {"C": 1.0, "max_iter": 500, "use": 1}


def test_the_last_of_two_flags_wins(load_text: Any, small: str) -> None:
    assert load_text(small, "seed=1", "seed=2").seed == 2


def test_a_key_with_a_dot_stands_in_quotes(load_text: Any, small: str) -> None:
    config = load_text(small, "data.rows={path: data.csv}", "data.rows.read.types.'petal.length'=float")
    assert config.data["rows"].read["types"] == {"petal.length": "float"}
    assert config.origin("data.rows.read.types.'petal.length'").startswith("--set data.rows.read")


def test_all_bad_flags_are_told_at_once(load_text: Any, small: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_text(small, "seed=x", "label", "features.numeric.9=a", "train.use=nothing")
    assert [str(problem.place) for problem in caught.value.problems] == [
        "--set seed=x",
        "--set label",
        "--set features.numeric.9=a",
        "--set train.use=nothing",
    ]
