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


class Tracing:
    """What a zygote has put in place for all its steps, and each of these goes on with in its own process."""

    def __init__(self, packed: bytes):
        self._packed = packed  # the code that child Pythons observe themselves with
        self._record = Record()
        self.imports = Imports(self._record)
        self._bare = native.mapped()
        self._folder = ""
        self._order: dict[str, Any] = {}
        self._is_command = False

    def watch_imports(self) -> None:
        """Observe what the zygote imports from now on."""
        self.imports.begin()

    def settle(self) -> None:
        """Note what the zygote has imported, once for all its steps, and put in place what watches these."""
        self._loaded = loaded.Loaded(self._record, self._bare)
        report.settle(self._record)
        self._session = Session(self.imports)
        for event in _STARTING:
            self._session.events.on(event, self._keep_code)
        os.register_at_fork(after_in_child=self._become_child)
        child.end_at_exit_of_forks(self._session)

    def begin(self, job: dict[str, Any]) -> None:
        """Trace this process, a step's own."""
        self._order = job.get("perturb") or {}
        self._is_command = job.get("command") is not None
        project = job.get("project_folder", seal.PROJECT)
        outputs = job.get("outputs_folder", seal.OUTPUTS)
        self._folder = f"{outputs}/{reports.FOLDER}"
        self._tell_children(project, self._order.get("global_seed", job["seed"]))
        self._session.begin(project, outputs, self._order)

    def _tell_children(self, project: str, seed: int) -> None:
        order = json.dumps(self._order) if self._order else ""
        os.environ[child.VARIABLE] = child.told_to(project, self._folder, seed, order, seeded=not self._is_command)
        given = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = os.pathsep.join([str(CHILDREN), *([given] if given else [])])

    def _keep_code(self) -> None:
        keep(self._packed, f"{self._folder}/{reports.CODE}")

    def _become_child(self) -> None:
        if self._record.active:  # else it is a step, which keeps what it sees
            self._record.sink = reports.Reporter(self._folder)

    def told(self) -> dict[str, Any]:
        """Stop looking and return what was seen, as a part of the step's result."""
        project = self._session.places.project
        self._loaded.note_rest(self._record, project)
        report.merge(self._record, reports.told(self._folder))
        self._note_living()
        self._session.end()
        found: dict[str, Any] = {"trace": report.document(self._session, self._bare)}
        if self._order:
            places = self._session.watch.observed()
            silent = self._is_command and not found["trace"]["pythons"]
            found["observed"] = None if silent else report.with_text(places, project)
        reports.remove(self._folder)
        return found

    def _note_living(self) -> None:
        """Note the libraries of processes that have not come to tell them."""
        ended = {value[0] for value in self._record.of("end")}
        for process in {int(value[0]) for kind in ("start", "fork") for value in self._record.of(kind)} - ended:
            loaded.note_libraries(self._record, native.mapped(process), self._session.places.project)
