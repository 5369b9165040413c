"""A Python that a step starts: observed like the step itself, and telling as it goes."""

from __future__ import annotations

import atexit
import os
import sys
import time

from restrike.worker.trace import loaded, native
from restrike.worker.trace.imports import Imports, then
from restrike.worker.trace.record import Record
from restrike.worker.trace.reports import Reporter
from restrike.worker.watch.entropy import Unseeded
from restrike.worker.watch.generators import Forks, Program, is_worker
from restrike.worker.watch.readings import ENTROPY
from restrike.worker.watch.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

VARIABLE = "RESTRIKE_TRACE"  # tells a child where the project is, where to report, and what `check` has changed


def told_to(project: str, folder: str, seed: int, order: str, *, seeded: bool) -> str:
    """Return the variable's value. `order` is JSON, or empty; `seeded`: every program has seeded generators."""
    return f"{project}\n{folder}\n{seed}\n{int(seeded)}\n{order}"


def begin(told: str) -> None:
    """Observe this process for the rest of its life. `told` is the variable's value."""
    project, folder, seed, seeded, given = told.split("\n", 4)
    order: dict[str, Any] = {}
    if given:
        import json

        order = json.loads(given)
    moment = time.monotonic_ns()
    record = Record()
    record.sink = Reporter(folder)
    imports = Imports(record)
    imports.begin()
    session = Session(imports)
    session.begin(project, os.path.dirname(folder), order, is_program=True)
    for place in sys.path_importer_cache:
        session.events.search(place)  # to start at all, Python has looked for modules there
    if seeded == "1" or is_worker():
        Program(int(seed), imports.arrivals)
    else:
        _watch_unseeded(session, fixed=session.watch.fixes(ENTROPY))
    Forks(int(seed), imports.arrivals)
    atexit.register(end, session)
    end_at_exit_of_forks(session)
    record.note("start", os.getpid(), moment, sys.prefix)


def _watch_unseeded(session: Session, *, fixed: bool) -> None:
    def of_random(module: Any) -> None:
        if fixed:
            module.seed()  # which now draws from what is the same every time
        Unseeded(session.watch, module, module._inst, ("seed", "setstate"))

    def of_numpy(module: Any) -> None:
        Unseeded(session.watch, module, module.mtrand._rand, ("seed", "set_state"))

    session.imports.arrivals.expect("random", then(of_random))
    session.imports.arrivals.expect("numpy.random", then(of_numpy))


def end(session: Session) -> None:
    """Tell what can only be told at the end."""
    record = session.record
    if not record.active:
        return
    record.active = False  # what follows is our own doing
    libraries = native.mapped()
    record.active = True
    reporter = record.sink
    if isinstance(reporter, Reporter):
        reporter.hold()
        loaded.note_libraries(record, libraries, session.places.project)
        record.note("end", os.getpid())
        session.end()
        reporter.release()


def end_at_exit_of_forks(session: Session) -> None:
    """Have processes that fork from here, and leave by `os._exit` as they do, tell before they go."""
    leave = os._exit

    def _exit(status: int) -> Any:
        end(session)
        leave(status)

    def become_child() -> None:
        if not session.record.active:
            return
        session.record.note("fork", os.getpid(), time.monotonic_ns())
        os._exit = _exit

    os.register_at_fork(after_in_child=become_child)
