"""The key of a step: a digest over everything that it can see.

It is coarse on purpose: the whole code fingerprint and the whole environment are in it, so a changed helper, constant
or library is always another key. Inputs enter by the digest of the bytes that the step is given, and a step is always
given the bytes that were stored first for equal content: that is the early cut-off.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from restrike.base import digest
from restrike.pipeline.graph import Step

FORMAT = "restrike.key/1"
SURROUNDINGS = ("code", "environment", "engine", "numeric", "variables", "secrets")


def surroundings_of(recipe: Mapping[str, Any]) -> str:
    """Return the digest of what all steps of a recipe see alike."""
    return digest.fingerprint({"format": FORMAT, **{aspect: recipe[aspect] for aspect in SURROUNDINGS}})


def key_of(step: Step, seed: int, surroundings: str, inputs: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the key under which executions of a step with these inputs are recorded."""
    return digest.fingerprint(
        {
            "format": FORMAT,
            "surroundings": surroundings,
            "step": step.document(),
            "seed": seed,
            "inputs": {name: dict(inputs[name]) for name in inputs},
        }
    )
