"""The records of a run, as they stand in the ledger. Each is immutable and named by the digest of its bytes."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any

from restrike.base import canonical, digest

OPENING = "restrike.opening/1"
STEP = "restrike.step/2"
STEPS = (STEP, "restrike.step/1")  # that can be read; only those of today's format are ever reused
CLOSING = "restrike.closing/1"
VERDICT = "restrike.verdict/1"
CHECK = "restrike.check/1"
DATASET = "restrike.dataset/1"
ALIAS = "restrike.alias/1"
LOCK = "restrike.lock/1"
RESULT = "restrike.result/1"


def opening(
    *,
    name: str,
    recipe: str,
    commit: str,
    code: str,
    config: str,
    environment: str,
    lock: str | None,
    wheels: Mapping[str, str],
    patch: str | None,
    data: Mapping[str, str],
    kinds: Mapping[str, str],
    conditions: Mapping[str, Any],
    overrides: Sequence[str],
) -> dict[str, Any]:
    """Return the record that opens a run. `recipe`, `code`, `config`, ... are addresses of objects in the store."""
    return {
        "format": OPENING,
        "name": name,
        "recipe": recipe,
        "commit": commit,
        "code": code,
        "config": config,
        "environment": environment,
        "lock": lock,
        "wheels": dict(wheels),
        "patch": patch,
        "data": dict(data),
        "kinds": dict(kinds),
        "conditions": dict(conditions),
        "overrides": list(overrides),
        "time": time.time(),
        "nonce": secrets.token_hex(16),
    }


def run_id(opening_record: dict[str, Any]) -> str:
    """Return the run ID: base32 of the SHA-256 of the opening record, 52 letters and digits."""
    return digest.base32(digest.of_bytes(canonical.dumps(opening_record)))


def result_of(artifacts: Mapping[str, Mapping[str, Any]], metrics: Mapping[str, Any]) -> tuple[str, str]:
    """Return the result (content digests where there are any) and the byte result of a run's artifacts and metrics."""
    by_content = {name: artifact["content"] or artifact["digest"] for name, artifact in artifacts.items()}
    by_bytes = {name: artifact["digest"] for name, artifact in artifacts.items()}
    values = dict(metrics)
    return (
        digest.fingerprint({"format": RESULT, "artifacts": by_content, "metrics": values}),
        digest.fingerprint({"format": RESULT, "bytes": by_bytes, "metrics": values}),
    )
