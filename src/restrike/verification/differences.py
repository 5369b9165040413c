"""Where two artifacts part: the first differing value or row, found inside the seal, since values may be pickles."""

from __future__ import annotations

import itertools
from typing import Any

from restrike.execution.materials import PROTOCOL, Materials
from restrike.execution.sandbox import Mount, Work
from restrike.verification.compare import ArtifactJudgement, StepJudgement

LIMIT = 20  # differing values that are told one by one
_numbers = itertools.count(1)


def divergence(judgement: StepJudgement, artifact: ArtifactJudgement | None, materials: Materials) -> dict[str, Any]:
    """Return the first divergence as the document that `reproduce --json` prints."""
    found: dict[str, Any] = {"step": judgement.step, "artifact": None, "where": None, "ours": None, "theirs": None}
    if artifact is None:
        return found | {
            "where": "outcome",
            "ours": judgement.ours_error or "ended well",
            "theirs": judgement.theirs_error or "ended well",
        }
    found["artifact"] = artifact.name
    if artifact.ours is None or artifact.theirs is None:
        made = ("not made", "made")
        return found | {
            "where": "output",
            "ours": made[artifact.ours is not None],
            "theirs": made[artifact.theirs is not None],
        }
    listed = between(artifact, materials)
    first = listed[0] if listed else {"where": "bytes", "ours": artifact.ours.digest, "theirs": artifact.theirs.digest}
    return found | {name: first.get(name) for name in ("where", "ours", "theirs", "detail")} | {"differences": listed}


def between(artifact: ArtifactJudgement, materials: Materials) -> list[dict[str, Any]]:
    """Return the differing values of an artifact, the first one first."""
    sides = {"a": artifact.ours, "b": artifact.theirs}
    mounts, params = [], {}
    for side, made in sides.items():
        assert made is not None  # both sides were checked by the caller
        target = f"/inputs/{side}{made.suffix}"
        mounts.append(Mount(materials.artifact(made.digest, made.kind), target))
        params[side] = {"path": target, "codec": made.codec}
    step = f"differences-{next(_numbers)}"
    job = {
        "protocol": PROTOCOL,
        "op": "differences",
        "step": step,
        "params": params | {"limit": LIMIT},
        "inputs": {},
        "outputs": [],
    }
    outcome = materials.sandbox().execute(
        Work(step=step, job=job, mounts=tuple(mounts), outputs=materials.outputs(step), timeout=600.0)
    )
    return list(outcome.result.get("differences", ())) if outcome.state == "ok" else []
