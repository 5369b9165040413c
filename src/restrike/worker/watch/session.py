"""One process under observation, for the rest of its life: everything that watches, put in place, then set going.

A zygote has it put in place once; each step forked from it only sets it going, and so touches little of what it shares.
"""

from __future__ import annotations

import os
import sys

from restrike.worker.trace.imports import Imports, then
from restrike.worker.trace.places import Places
from restrike.worker.watch import listings, machine, variables
from restrike.worker.watch.clock import Clock
from restrike.worker.watch.entropy import Entropy
from restrike.worker.watch.events import Events
from restrike.worker.watch.readings import THREADS, Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SYSTEM = ("/usr/", "/bin/", "/sbin/", "/lib", "/nix/store/", "/gnu/store/", "/dev/", "/proc/", "/sys/", "/etc/")
_SEAL = ("/inputs/", "/outputs/", "/engine/", "/env/")


class Session:
    """Watches this process from when it begins."""

    def __init__(self, imports: Imports):
        self.imports, self.record = imports, imports.record
        self.record.active = False
        self.places = imports.places = Places()
        self.watch = Watch(self.places, self.record)
        self._listings = listings.Order()
        self._clock, self._entropy = Clock(self.watch), Entropy(self.watch)
        self.events = Events(self.places, self.record, self.watch)
        machine.tame(self.watch)
        variables.watch(self.places, self.record)
        self._await()
        self.events.hear()

    def begin(self, project: str, outputs: str, order: dict[str, Any], *, is_program: bool = False) -> None:
        """Set going what watches. `order` is what `check` has changed in this process, or empty."""
        self.places.begin(project, is_program=is_program)
        self.imports.forget()
        self.events.unwatched = _unwatched(outputs)
        self.record.active = True
        if order:
            self._obey(order)

    def end(self) -> None:
        """Stop noting, and note whether something has escaped it."""
        if not self.imports.is_whole():
            self.record.note("incomplete", "what it imports was no longer observed: `sys.meta_path` was changed")
        self.record.active = False

    def _await(self) -> None:
        """Have modules watched that are imported when they are, and at once if they are here."""
        fresh = "datetime" not in sys.modules
        arriving = {
            "datetime": lambda module: self._clock.tame_datetime(module, fresh=fresh),
            "random": self._entropy.tame_random,
            "uuid": self._entropy.tame_uuid,
            "torch": self._entropy.tame_torch,
            "getpass": lambda module: machine.tame_getpass(self.watch, module),
            "pwd": lambda module: machine.tame_pwd(self.watch, module),
            "pathlib": listings.tame_pathlib,
        }
        for name, tame in arriving.items():
            self.imports.arrivals.expect(name, then(tame))

    def _obey(self, order: dict[str, Any]) -> None:
        only = [(str(file), int(line)) for file, line in order["only"]] if "only" in order else None
        self.watch.obey(order.get("fix", ()), only)
        self._entropy.obey()
        self._clock.obey(order.get("shift", 0.0))
        self._listings.backwards = order.get("listing") == "reversed"
        if order.get("watch") or THREADS in order.get("fix", ()):
            from restrike.worker.watch import pools

            pools.tame(self.watch)


def _unwatched(outputs: str) -> tuple[str, ...]:
    own = (sys.prefix, sys.base_prefix, outputs, os.environ.get("TMPDIR", "/tmp"))
    return (*_SYSTEM, *_SEAL, *(folder.rstrip("/") + "/" for folder in own))
