"""Where each resolved value came from."""

from __future__ import annotations

from typing import Any

import pytest


def test_of_every_kind(load_text: Any, diabetes: str) -> None:
    config = load_text(diabetes, "train.params.C=0.5", "gates.0.min=0.8")
    assert config.origin("seed") == "restrike.yaml:3:7"
    assert config.origin("train") == "restrike.yaml:16:1"
    assert config.origin("train.params.C") == "--set train.params.C=0.5"
    assert config.origin("gates.0.min") == "--set gates.0.min=0.8"
    assert config.origin("gates.1.correction") == "restrike.yaml:22:82"
    assert config.origin("gates.1.on") == "default"
    assert config.origin("features.numeric.5") == "restrike.yaml:9:69"
    assert config.origin("evaluate.on") == "default"
    assert config.origin("weight") == "default"


def test_of_short_forms(load_text: Any, small: str) -> None:
    config = load_text(small + "threads: 2\nsplit: {method: hash, fractions: {train: 0.5, test: 0.5}, key: id}\n")
    assert config.origin("data.rows.path") == "restrike.yaml:3:14"
    assert config.origin("numeric.threads") == "restrike.yaml:8:10"
    assert config.origin("split.key.0") == "restrike.yaml:9:64"
    assert config.origin("data.rows.read.header") == "restrike.yaml:3:14"


def test_of_outputs_that_a_mapping_names(load_text: Any, ranker: str) -> None:
    config = load_text(ranker)
    assert config.origin("steps.score.outputs.0.path") == "restrike.yaml:9:29"
    assert config.origin("steps.score.outputs.1.as") == "restrike.yaml:9:75"


def test_an_unknown_key_is_an_error(load_text: Any, small: str) -> None:
    with pytest.raises(KeyError):
        load_text(small).origin("train.params.nothing")


def test_the_whole_document_with_origins(load_text: Any, small: str) -> None:
    listed = load_text(small, "seed=4").document_with_origins()
    assert listed["seed"] == {"value": 4, "origin": "--set seed=4"}
    assert listed["train.params.C"] == {"value": 1.0, "origin": "restrike.yaml:7:45"}
    assert listed["split.salt"] == {"value": "", "origin": "default"}
    assert "train.params" not in listed
    assert listed["gates"] == {"value": [], "origin": "default"}
