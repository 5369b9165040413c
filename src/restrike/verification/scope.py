"""What a verdict covers: isolation, proof of the environment, processor, and which steps."""

from __future__ import annotations

from typing import Any

from restrike.environment import conditions
from restrike.records.recorded import RecordedRun
from restrike.verification.rebuilt import Proof

NUMERIC = {"numpy", "scipy", "torch"}  # distributions whose code the profile chooses
PINNED = "avx2"
OLDEST_FIRST = ("sse4_2", "avx2", "avx512f")  # instruction sets that numeric libraries dispatch on


def document(recorded: RecordedRun, env: str, step: str | None, proof: Proof, isolation: str | None) -> dict[str, Any]:
    """Return the scope of a verdict."""
    same = proof.distributions - len(proof.mismatches)
    return {
        "isolation": isolation,
        "environment": {
            "how": env,
            "identity": recorded.recipe["environment"],
            "proven": f"{same} of {proof.distributions} distributions",
            "mismatches": [
                {
                    "distribution": item.distribution,
                    "expected": item.expected,
                    "found": item.found,
                    "detail": item.detail,
                }
                for item in proof.mismatches
            ],
        },
        "cpu": {
            "recorded": cpu_class(recorded.opening["conditions"]["machine"]["cpu"]),
            "here": cpu_class(conditions.cpu()),
        },
        "numeric": recorded.recipe["numeric"],
        "steps": step or "all",
        "tolerance": None,
    }


def instructions_missing(recorded: RecordedRun) -> list[dict[str, str | None]]:
    """Return what stands in the way where the run's profile pins instructions that this processor does not have."""
    numeric = NUMERIC & set(recorded.environment["distributions"])
    flags = conditions.cpu()["flags"]
    pinned = recorded.recipe["numeric"]["profile"] == "portable" and recorded.environment["arch"] == "x86_64"
    if not (pinned and numeric and flags) or PINNED in flags:
        return []
    what = f"the run has `numeric: portable`, and this processor lacks what that pins ({PINNED})"
    return [{"what": what, "hint": f"reproduce it on a machine with {PINNED}"}]


def cpu_class(cpu: dict[str, Any]) -> str:
    """Return the class of a processor: the widest instruction set that numeric libraries choose their code by."""
    widest = [name for name in OLDEST_FIRST if name in cpu.get("flags", ())]
    return widest[-1] if widest else "baseline"
