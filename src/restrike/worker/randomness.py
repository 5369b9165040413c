"""The global random generators: seeded for every step, whenever they arrive, and watched for use.

A forked process would otherwise inherit numpy's state from its zygote, and every step would draw the same "random"
numbers; an unseeded step is thus repeatable, and a note says that it leaned on a global generator.
"""

from __future__ import annotations

import importlib.util
import random
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_NUMPY, _TORCH = "numpy.random.mtrand", "torch"
# Draw from `random` when imported. Whether such a library is there must not change what a step draws, nor be noted.
_DRAWING = ("rich.style",)

Execute = Callable[[ModuleType], None]


class Generators:
    """The global generators of `random`, numpy and torch, with the states they were given."""

    def __init__(self, seed: int):
        self._seed = seed
        self._given: dict[str, Any] = {}
        random.seed(seed)
        self._given["random"] = random.getstate()
        seeders = {_NUMPY: self._seed_numpy, _TORCH: self._seed_torch}
        for name, seeder in seeders.items():
            if name in sys.modules:
                seeder(sys.modules[name])
        around = {name: _then(seeder) for name, seeder in seeders.items()} | dict.fromkeys(_DRAWING, _undrawn)
        wanted = {name: execute for name, execute in around.items() if name not in sys.modules}
        sys.meta_path.insert(0, _AroundImport(wanted))

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
            _, keys, position, has_gauss, gauss = sys.modules[_NUMPY].get_state()
            return keys.tobytes(), position, has_gauss, gauss
        return sys.modules[_TORCH].get_rng_state().numpy().tobytes()


def _then(after: Execute) -> Callable[[Execute, ModuleType], None]:
    def run(execute: Execute, module: ModuleType) -> None:
        execute(module)
        after(module)

    return run


def _undrawn(execute: Execute, module: ModuleType) -> None:
    state = random.getstate()
    execute(module)
    random.setstate(state)


class _AroundImport:
    """A finder that finds nothing itself, but has functions called around the execution of certain modules."""

    def __init__(self, wanted: dict[str, Callable[[Execute, ModuleType], None]]):
        self._wanted = wanted

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name not in self._wanted:
            return None
        around = self._wanted.pop(name)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return None
        loader, execute = spec.loader, spec.loader.exec_module

        def execute_within(module: ModuleType) -> None:
            around(execute, module)

        loader.exec_module = execute_within  # type: ignore[method-assign]  # this one instance, for this one module
        return spec
