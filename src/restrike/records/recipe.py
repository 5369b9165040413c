"""The recipe: everything that fixes a result before the first step starts, and nothing else (DESIGN: law 2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from restrike.base import canonical, digest
from restrike.pipeline.graph import Step
from restrike.pipeline.seeds import step_seed

FORMAT = "restrike.recipe/1"


def compose(
    *,
    code: str,
    import_roots: Iterable[str],
    installed: Mapping[str, Mapping[str, str]],
    config: Mapping[str, Any],
    data: Mapping[str, Mapping[str, Any]],
    environment: str,
    steps: Iterable[Step],
    seed: int,
    numeric: Mapping[str, Any],
    engine: str,
    variables: Mapping[str, str],
    secrets: Iterable[str],
) -> dict[str, Any]:
    """Return the recipe document. Aspects enter by their fingerprints, so it is small and can be compared at sight.

    `secrets` are names only: the values reach the worker and are never written down.
    """
    steps = list(steps)
    return {
        "format": FORMAT,
        "code": {"fingerprint": code, "import_roots": list(import_roots), "installed": dict(installed)},
        "config": dict(config),
        "data": {name: dict(data[name]) for name in sorted(data)},
        "environment": environment,
        "graph": [step.document() for step in steps],
        "seed": seed,
        "seeds": {step.name: seed_of(step, seed) for step in steps},
        "numeric": dict(numeric),
        "engine": engine,
        "variables": dict(variables),
        "secrets": sorted(secrets),
    }


def seed_of(step: Step, run_seed: int) -> int:
    """Return the seed that a step receives."""
    return run_seed if step.seed == "run" else step_seed(run_seed, step.name)


def fingerprint(recipe: dict[str, Any]) -> str:
    """Return the recipe's fingerprint; it is also the address of the recipe's bytes in the store."""
    return digest.of_bytes(canonical.dumps(recipe))
