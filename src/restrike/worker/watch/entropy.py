"""The machine's randomness as Python gets at it: watched and, where that is asked for, the same every time.

Everything that seeds itself from the machine comes through here: `random.Random()`, `random.SystemRandom`, `secrets`,
`uuid.uuid4`, names of temporary files, and numpy's generators, which draw their seed from `secrets`.
"""

from __future__ import annotations

import os
import sys

from restrike.worker.trace.standins import put
from restrike.worker.watch.readings import ENTROPY, Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    import random as random_type
    from types import ModuleType
    from typing import Any

BYTES = "randomness of the machine"


class Entropy:
    """The sources of randomness under a watch, for the rest of this process.

    Modules are handed in as they arrive: most steps never need `random`.
    """

    def __init__(self, watch: Watch):
        self._watch = watch
        self._source = watch.source(ENTROPY, BYTES)
        self._fixed: random_type.Random | None = None
        put(os, "urandom", self._bytes(os.urandom))
        if hasattr(os, "getrandom"):
            put(os, "getrandom", self._bytes(os.getrandom))

    def obey(self) -> None:
        """Have the sources give the same every time, where the watch wants them fixed."""
        if self._watch.fixes(ENTROPY):
            import random

            self._fixed = random.Random(20_010_909)

    def _bytes(self, original: Any) -> Any:
        def draw(size: int, *flags: int) -> bytes:
            if self._source.read(sys._getframe(1)) and self._fixed is not None:
                return self._fixed.randbytes(size)
            return bytes(original(size, *flags))

        return draw

    def tame_random(self, module: Any) -> None:
        """See who seeds a generator of `random` with nothing; `secrets`, and numpy through it, draw from there."""
        module._urandom = os.urandom  # its own name for it
        source = self._watch.source(ENTROPY, "a generator without a seed")
        original = module.Random.seed

        def seed(this: Any, a: Any = None, version: int = 2) -> None:
            if a is None and source.read(sys._getframe().f_back) and self._fixed is not None:
                a = self._fixed.getrandbits(128)
            original(this, a, version)

        seed.__module__, seed.__qualname__, seed.__doc__ = "random", "Random.seed", original.__doc__
        module.Random.seed = seed  # seeing who seeds with nothing is the point
        module.seed = module._inst.seed

    def tame_uuid(self, module: Any) -> None:
        """See who makes an identifier from the clock and this machine's address."""
        put(module, "uuid1", self._watch.counted(ENTROPY, "uuid.uuid1()", module.uuid1))

    def tame_torch(self, module: Any) -> None:
        """See who has torch seed itself."""
        put(module, "seed", self._watch.counted(ENTROPY, "torch.seed()", module.seed))


class Unseeded:
    """The functions of a module that use its global generator, until that is seeded.

    For a program that a step starts: within the step itself, global generators have a seed.
    """

    def __init__(self, watch: Watch, module: ModuleType, generator: Any, seeding: tuple[str, ...]):
        self._seeded = False
        for name in list(vars(module)):
            function = getattr(module, name)
            if getattr(function, "__self__", None) is generator and not name.startswith("_"):
                source = watch.source(ENTROPY, f"{module.__name__}.{name}() without a seed")
                put(module, name, self._told(function, source, seeds=name in seeding))

    def _told(self, function: Any, source: Any, *, seeds: bool) -> Any:
        def call(*positional: Any, **named: Any) -> Any:
            if seeds:
                self._seeded = bool(positional or named)
            if not self._seeded:
                source.read(sys._getframe(1))
            return function(*positional, **named)

        return call
