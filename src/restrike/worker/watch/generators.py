"""The global generators of the processes that a step forks or starts, seeded where the machine would have seeded them.

`random` seeds itself anew in every fork; numpy and torch go on with what they have inherited, and are left alone there.
A new Python has nothing inherited: the workers of a pool, and every Python that a function starts, are seeded in all
three. The program of a command step is the user's own, and is not: what it draws without a seed is told.
"""

from __future__ import annotations

import os
import sys

from restrike.worker.trace.imports import then

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from restrike.worker.trace.imports import Arrivals

NUMPY, TORCH = "numpy.random.mtrand", "torch"
# How the workers of multiprocessing (spawn, forkserver), of loky and of what builds on them are started.
_WORKERS = ("multiprocessing.spawn", "multiprocessing.forkserver", "loky.backend")


def is_worker() -> bool:
    """Tell whether this Python was started as the worker of a pool, or as the parent of such workers."""
    return any(mark in word for word in sys.orig_argv for mark in _WORKERS)


def derived(seed: int, *index: str | int) -> int:
    """Return the seed of a process below the one with a seed: the first 32 bits of a digest, as for steps."""
    import hashlib

    text = "\0".join(["restrike-child/1", str(seed), *map(str, index)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


class Forks:
    """Seeds `random` in every process forked from this one: by the place that it has in the tree of forks."""

    def __init__(self, seed: int, arrivals: Arrivals):
        self._seed, self._count = seed, 0
        self._place: tuple[int, ...] = ()
        # Only once `random` is here: what it does to itself after a fork has to come before what we do.
        arrivals.expect("random", then(self._begin))

    def _begin(self, module: ModuleType) -> None:
        os.register_at_fork(before=self._before, after_in_child=self._after)

    def _before(self) -> None:
        self._count += 1

    def _after(self) -> None:
        self._place, self._count = (*self._place, self._count), 0
        random: Any = sys.modules.get("random")
        if random is not None:
            random.seed(derived(self._seed, "fork", *self._place))


class Program:
    """Seeds the global generators of this process as they arrive; the worker of a pool by its number in the pool."""

    def __init__(self, seed: int, arrivals: Arrivals):
        self._above = seed
        self._index: tuple[str | int, ...] = ("program",)  # the seed is worked out when needed: hashing loads slowly
        for name in ("random", NUMPY, TORCH):
            arrivals.expect(name, then(self._seeded))
        arrivals.expect("multiprocessing.process", then(self._number))

    def _seeded(self, module: Any) -> None:
        (module.manual_seed if module.__name__ == TORCH else module.seed)(derived(self._above, *self._index))

    def _number(self, module: Any) -> None:
        """Seed again when a worker is told which one it is."""
        original = module.BaseProcess._bootstrap

        def _bootstrap(this: Any, *positional: Any, **named: Any) -> Any:
            self._index = ("process", *this._identity)
            for name in ("random", NUMPY, TORCH):
                if name in sys.modules:
                    self._seeded(sys.modules[name])
            return original(this, *positional, **named)

        module.BaseProcess._bootstrap = _bootstrap
