"""The global random generators: seeded for every step, whenever they arrive, and watched for use.

A forked process would otherwise inherit numpy's state from its zygote, and every step would draw the same "random"
numbers; an unseeded step is thus repeatable, and a note says that it leaned on a global generator.
"""

from __future__ import annotations

import random
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from restrike.worker.trace.imports import Arrivals, then
from restrike.worker.watch.generators import NUMPY, TORCH, Forks

if TYPE_CHECKING:
    from restrike.worker.trace.imports import Execute

# Draw from `random` when imported. Whether such a library is there must not change what a step draws, nor be noted.
_DRAWING = ("rich.style",)


class Generators:
    """The global generators of `random`, numpy and torch, with the states they were given."""

    def __init__(self, seed: int, arrivals: Arrivals):
        self._seed = seed
        self._given: dict[str, Any] = {}
        random.seed(seed)
        self._given["random"] = random.getstate()
        arrivals.expect(NUMPY, then(self._seed_numpy))
        arrivals.expect(TORCH, then(self._seed_torch))
        for name in _DRAWING:
            arrivals.expect(name, _undrawn)
        Forks(seed, arrivals)

    def used(self) -> list[str]:
        """Return the names of the generators whose state is no longer the one they were given."""
        return [name for name, state in self._given.items() if self._state(name) != state]

    def _seed_numpy(self, module: ModuleType) -> None:
        module.seed(self._seed)
        self._given["numpy"] = self._state("numpy")

    def _seed_torch(self, module: ModuleType) -> None:
        module.manual_seed(self._seed)
        self._given["torch"] = self._state("torch")

    @staticmethod
    def _state(name: str) -> Any:
        if name == "random":
            return random.getstate()
        if name == "numpy":
            _, keys, position, has_gauss, gauss = sys.modules[NUMPY].get_state()
            return keys.tobytes(), position, has_gauss, gauss
        return sys.modules[TORCH].get_rng_state().numpy().tobytes()


def _undrawn(execute: Execute, module: ModuleType) -> None:
    state = random.getstate()
    execute(module)
    random.setstate(state)
