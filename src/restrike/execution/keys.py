"""The key of a step: a digest over what is told to it, and so known before it is executed.

Not in it are code and installed distributions: which of them a step uses is seen when it is executed, and recorded
as what that execution depends on. The key only says which executions are worth comparing. Inputs enter by the digest of
the bytes that the step is given, and a step is always given the bytes that were stored first for equal content: that is
the early cut-off.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from restrike.base import digest
from restrike.pipeline.graph import Step

FORMAT = "restrike.key/2"
STATED = ("engine", "numeric", "variables", "secrets")
PLATFORM = ("implementation", "python", "soabi", "os", "arch", "libc")


def surroundings_of(recipe: Mapping[str, Any], platform: Mapping[str, Any]) -> str:
    """Return the digest of what all steps of a recipe are told alike; of `platform`, what PLATFORM names counts."""
    return digest.fingerprint(
        {
            "format": FORMAT,
            **{aspect: recipe[aspect] for aspect in STATED},
            "import_roots": recipe["code"]["import_roots"],
            "installed": recipe["code"].get("installed", {}),
            "platform": {name: platform.get(name) for name in PLATFORM},
        }
    )


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
