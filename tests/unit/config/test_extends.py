"""`extends`: one file laid over another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restrike.config import load
from restrike.config.merge import over
from restrike.config.tree import Node, Place


def test_mappings_merge_and_lists_replace(load_text: Any, diabetes: str) -> None:
    top = "extends: base.yaml\nseed: 8\ntrain: {params: {C: 0.5}}\nevaluate: {metrics: [accuracy]}\ngates: []\n"
    config = load_text(top, base=diabetes)
    assert config.seed == 8
    assert config.training["train"]["params"] == {"C": 0.5, "max_iter": 500}
    assert config.evaluate["metrics"] == ["accuracy"]
    assert len(config.evaluate["slices"]) == 2
    assert [source.name for source in config.sources] == ["restrike.yaml", "base.yaml"]


def test_every_value_keeps_its_origin(load_text: Any, diabetes: str) -> None:
    config = load_text("extends: base.yaml\ntrain: {params: {C: 0.5}}\n", base=diabetes)
    assert config.origin("train.params.C") == "restrike.yaml:2:21"
    assert config.origin("train.params.max_iter") == "base.yaml:16:84"
    assert config.origin("seed") == "base.yaml:3:7"
    assert config.origin("split.salt") == "default"


def test_another_component_replaces_the_params(load_text: Any, diabetes: str) -> None:
    config = load_text('extends: base.yaml\ntrain: {use: "sklearn.svm:SVC", params: {C: 2}}\n', base=diabetes)
    assert config.training["train"]["params"] == {"C": 2}
    config = load_text('extends: base.yaml\ntrain: {use: "sklearn.svm:SVC"}\n', base=diabetes)
    assert config.training["train"]["params"] == {}
    same = 'extends: base.yaml\ntrain: {use: "sklearn.linear_model:LogisticRegression", params: {C: 2}}\n'
    assert load_text(same, base=diabetes).training["train"]["params"] == {"C": 2, "max_iter": 500}


def test_a_step_becomes_a_command_and_back(load_text: Any) -> None:
    call = "restrike: 1\nsteps: {a: {use: m:f, params: {x: 1}}}\n"
    command = 'restrike: 1\nsteps: {a: {run: "ls", shell: true, outputs: {out: x}}}\n'
    top = "extends: base.yaml\nsteps: {a: {run: [ls], outputs: {out: x}}}\n"
    assert load_text(top, base=call).steps[0].command == ("ls",)
    top = "extends: base.yaml\nsteps: {a: {use: m:f, outputs: null}}\n"
    assert load_text(top, base=command).steps[0].use == "m:f"


def test_null_takes_back_what_the_base_gave(load_text: Any, diabetes: str) -> None:
    text = "extends: base.yaml\nevaluate: {slices: null}\ngates: null\n"
    config = load_text(text, base=diabetes)
    assert (config.evaluate["slices"], config.gates) == ([], [])


def test_a_chain_through_folders(tmp_path: Path, diabetes: str) -> None:
    project = tmp_path / "team" / "project"
    (project / "conf").mkdir(parents=True)
    (tmp_path / "team" / "base.yaml").write_text(diabetes)
    (project / "conf" / "mid.yaml").write_text("extends: ../../base.yaml\nseed: 1\n")
    (project / "restrike.yaml").write_text("extends: conf/mid.yaml\nname: top\n")
    config = load(project / "restrike.yaml")
    assert (config.name, config.seed) == ("top", 1)
    assert config.origin("seed") == "conf/mid.yaml:2:7"
    assert config.origin("label") == "../base.yaml:10:8"
    assert config.sources == (project / "restrike.yaml", project / "conf" / "mid.yaml", tmp_path / "team" / "base.yaml")


def test_the_result_is_that_of_one_file(load_text: Any, small: str) -> None:
    split = load_text("extends: base.yaml\nseed: 3\n", base=small)
    assert split.document == load_text(small + "seed: 3\n").document
    assert "extends" not in split.document


def test_problems_come_in_the_order_of_the_files(load_text: Any) -> None:
    from restrike.config import ConfigError

    with pytest.raises(ConfigError) as caught:
        load_text("extends: base.yaml\nlabel: 1\n\n\nseed: x\n", "task=z", base="restrike: 2\ntrain_on: y\n")
    places = [str(problem.place) for problem in caught.value.problems]
    assert places[-3:] == ["base.yaml:1:11", "base.yaml:2:11", "--set task=z"]
    assert places.index("restrike.yaml:2:8") < places.index("restrike.yaml:5:7")


TREES = st.recursive(
    st.integers(), lambda below: st.dictionaries(st.sampled_from("abc"), below) | st.lists(below, max_size=2)
)


def node(value: Any) -> Node:
    if isinstance(value, dict):
        return Node({key: node(below) for key, below in value.items()}, Place("f"))
    return Node([node(below) for below in value] if isinstance(value, list) else value, Place("f"))


@given(TREES, TREES)
def test_what_is_laid_over_is_all_there(base: Any, top: Any) -> None:
    merged = over(node(base), node(top)).plain()
    assert contains(merged, top)
    if isinstance(base, dict) and isinstance(top, dict):
        assert set(merged) == set(base) | set(top)
        assert all(merged[key] == base[key] for key in set(base) - set(top))
    assert over(node(base), node(base)).plain() == base


def contains(whole: Any, part: Any) -> bool:
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(key in whole and contains(whole[key], part[key]) for key in part)
    return bool(whole == part)
