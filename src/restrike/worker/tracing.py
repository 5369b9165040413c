"""The trace of a step: begun in the zygote, before anything is imported, and told with the step's result."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from restrike.worker import seal
from restrike.worker.trace import loaded, native, reports
from restrike.worker.trace.bundle import keep
from restrike.worker.trace.imports import Imports
from restrike.worker.trace.record import Record
from restrike.worker.watch import child, report
from restrike.worker.watch.session import Session

CHILDREN = Path(__file__).with_name("children")  # leads PYTHONPATH of what a step starts; holds its `sitecustomize`
_STARTING = ("subprocess.Popen", "os.posix_spawn", "os.spawn", "os.exec", "os.system", "os.fork")


class Observer:
    """Observes the imports of a zygote, for all the steps that are forked from it."""

    def __init__(self, packed: bytes):
        self.packed = packed  # the code that child Pythons observe themselves with
        self.record = Record()
        self.imports = Imports(self.record)
        self.bare = native.mapped()

    def begin(self) -> None:
        self.imports.begin()

    def settle(self) -> None:
        """Note what the zygote has imported, once for all its steps."""
        self.loaded = loaded.Loaded(self.record, self.bare)


class Tracing:
    """The trace of one step, in its own process."""

    def __init__(self, observer: Observer, job: dict[str, Any]):
        self.order: dict[str, Any] = job.get("perturb") or {}
        project = job.get("project_folder", seal.PROJECT)
        outputs = job.get("outputs_folder", seal.OUTPUTS)
        self._observer, self._is_command = observer, job.get("command") is not None
        self._folder = reports.prepare(outputs)
        self._tell_children(project, self.order.get("global_seed", job["seed"]))
        self.session = Session(observer.imports, project, outputs, self.order)
        for event in _STARTING:
            self.session.events.on(event, self._keep_code)
        os.register_at_fork(after_in_child=self._become_child)
        child.end_at_exit_of_forks(self.session)

    def _tell_children(self, project: str, seed: int) -> None:
        order = json.dumps(self.order) if self.order else ""
        os.environ[child.VARIABLE] = child.told_to(project, self._folder, seed, order, seeded=not self._is_command)
        given = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = os.pathsep.join([str(CHILDREN), *([given] if given else [])])

    def _keep_code(self) -> None:
        keep(self._observer.packed, f"{self._folder}/{reports.CODE}")

    def _become_child(self) -> None:
        self.session.record.sink = reports.Reporter(self._folder)

    def told(self) -> dict[str, Any]:
        """Stop looking and return what was seen, as a part of the step's result."""
        record, project = self.session.record, self.session.places.project
        self._observer.loaded.note_rest(record, project)
        report.merge(record, list(reports.told(self._folder)))
        self._note_living()
        self.session.end()
        found: dict[str, Any] = {"trace": report.document(self.session, self._observer.bare)}
        if self.order:
            places = self.session.watch.observed()
            silent = self._is_command and not found["trace"]["pythons"]
            found["observed"] = None if silent else report.with_text(places, project)
        reports.remove(self._folder)
        return found

    def _note_living(self) -> None:
        """Note the libraries of processes that have not come to tell them."""
        record = self.session.record
        ended = {value[0] for value in record.of("end")}
        for process in {int(value[0]) for kind in ("start", "fork") for value in record.of(kind)} - ended:
            loaded.note_libraries(record, native.mapped(process), self.session.places.project)
