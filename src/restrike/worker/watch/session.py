"""One process under observation, for the rest of its life: everything that watches, put in place."""

from __future__ import annotations

import os
import sys

from restrike.worker.trace.imports import Imports, then
from restrike.worker.trace.places import Places
from restrike.worker.watch import clock, listings, machine, variables
from restrike.worker.watch.entropy import Entropy
from restrike.worker.watch.events import Events
from restrike.worker.watch.readings import THREADS, Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SYSTEM = ("/usr/", "/bin/", "/sbin/", "/lib", "/nix/store/", "/gnu/store/", "/dev/", "/proc/", "/sys/", "/etc/")
_SEAL = ("/inputs/", "/outputs/", "/engine/", "/env/")


class Session:
    """Watches this process. `order` is what `check` has changed in it, or empty."""

    def __init__(
        self, imports: Imports, project: str, outputs: str, order: dict[str, Any], *, is_program: bool = False
    ):
        self.imports, self.record = imports, imports.record
        self.places = imports.places = Places(project, is_program=is_program)
        imports.forget()
        only = [(str(file), int(line)) for file, line in order["only"]] if "only" in order else None
        self.watch = Watch(self.places, self.record, everywhere=bool(order), fix=order.get("fix", ()), only=only)
        listings.order(backwards=order.get("listing") == "reversed")
        variables.watch(self.places, self.record)
        self._tame(order)
        self.events = Events(self.places, self.record, self.watch, _unwatched(outputs))
        self.events.begin()

    def _tame(self, order: dict[str, Any]) -> None:
        machine.tame(self.watch)
        self.entropy = Entropy(self.watch)
        time = clock.tame(self.watch, order.get("shift", 0.0))
        fresh = "datetime" not in sys.modules
        arriving = {
            "datetime": lambda module: time.tame_datetime(module, fresh=fresh),
            "random": self.entropy.tame_random,
            "uuid": self.entropy.tame_uuid,
            "torch": self.entropy.tame_torch,
            "getpass": lambda module: machine.tame_getpass(self.watch, module),
            "pwd": lambda module: machine.tame_pwd(self.watch, module),
            "pathlib": listings.tame_pathlib,
        }
        for name, tame in arriving.items():
            self.imports.arrivals.expect(name, then(tame))
        if order.get("watch") or THREADS in order.get("fix", ()):
            from restrike.worker.watch import pools

            pools.tame(self.watch)

    def end(self) -> None:
        """Stop noting, and note whether something has escaped it."""
        if not self.imports.is_whole():
            self.record.note("incomplete", "what it imports was no longer observed: `sys.meta_path` was changed")
        self.record.active = False


def _unwatched(outputs: str) -> tuple[str, ...]:
    own = (sys.prefix, sys.base_prefix, outputs, os.environ.get("TMPDIR", "/tmp"))
    return (*_SYSTEM, *_SEAL, *(folder.rstrip("/") + "/" for folder in own))
