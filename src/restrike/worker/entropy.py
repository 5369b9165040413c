"""The machine's randomness as Python gets at it: watched and, where that is asked for, the same every time.

Everything that seeds itself from the machine comes through here: `random.Random()`, `random.SystemRandom`, `secrets`,
`uuid.uuid4`, names of temporary files, and numpy's generators, which draw their seed from `secrets`.
"""

from __future__ import annotations

import os
import random
from typing import Any

from restrike.worker.watch import Watch

KIND = "entropy"


def tame(watch: Watch) -> None:
    """Put the sources under a watch, for the rest of this process."""
    source = random.Random(20_010_909)
    _bytes(watch, source)
    _seeding(watch, source)


def _bytes(watch: Watch, source: random.Random) -> None:
    original = os.urandom

    def urandom(size: int, /) -> bytes:
        return source.randbytes(size) if watch.read(KIND, "randomness of the machine") else original(size)

    os.urandom = urandom
    random._urandom = urandom  # type: ignore[attr-defined]  # `secrets`, and numpy through it, draw from there
    if hasattr(os, "getrandom"):
        draw = os.getrandom

        def getrandom(size: int, flags: int = 0) -> bytes:
            return source.randbytes(size) if watch.read(KIND, "randomness of the machine") else draw(size, flags)

        os.getrandom = getrandom


def _seeding(watch: Watch, source: random.Random) -> None:
    original = random.Random.seed

    def seed(self: random.Random, a: Any = None, version: int = 2) -> None:
        if a is None and watch.read(KIND, "a generator without a seed"):
            a = source.getrandbits(128)
        original(self, a, version)

    random.Random.seed = seed  # type: ignore[method-assign]  # seeing who seeds with nothing is the point
    random.seed = random._inst.seed


def watch_global(watch: Watch) -> None:
    """Watch the functions of `random` that use its global generator, until that is seeded. For a program of its own:
    within a step the global generator has a seed."""
    inst = random._inst
    names = [name for name in random.__all__ if getattr(getattr(random, name), "__self__", None) is inst]
    seeded = False

    def told(name: str) -> Any:
        original = getattr(random, name)

        def function(*positional: Any, **named: Any) -> Any:
            nonlocal seeded
            if name in ("seed", "setstate"):
                seeded = True
            elif not seeded:
                watch.read(KIND, f"random.{name}() without a seed")
            return original(*positional, **named)

        return function

    random.seed()
    for name in names:
        setattr(random, name, told(name))
