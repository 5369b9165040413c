"""One seed per step, so that the order of steps and their parallelism never matter."""

from __future__ import annotations

import hashlib


def step_seed(run_seed: int, step: str) -> int:
    """Return the first 32 bits of SHA-256("restrike-seed/1" NUL run seed NUL step name)."""
    text = f"restrike-seed/1\0{run_seed}\0{step}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
