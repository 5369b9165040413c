"""What steps execute from: snapshot, engine, environment and data, restored on disk when the first step needs them.

A run with nothing to do restores nothing. `reproduce` uses the same room with copies of its own (`fresh`), so that it
shares neither files nor processes with the run that it judges.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from restrike.code import CodeRepository, lay_out
from restrike.code.installed import METADATA, PROGRAMS
from restrike.environment import Interpreter
from restrike.execution import compiled, engine, programs
from restrike.execution.preload import modules_for
from restrike.execution.sandbox import ORDINARY, Disguise, Mount, Sandbox, Seal, Work
from restrike.pipeline.graph import Step
from restrike.store import Store
from restrike.store.errors import ObjectCorrupt, ObjectMissing

PROJECT = "/project"  # where the snapshot lies inside the seal, on every machine
ENVIRONMENT = "/env"
INSTALLED = "/installed"  # metadata and programs of the project itself
_PYTHON = f"{ENVIRONMENT}/bin/python"
CORES_ONLINE = "/sys/devices/system/cpu/online"
PROTOCOL = 1  # of the worker: docs/design/worker-protocol.md


@dataclass(frozen=True)
class Sealed:
    """All that a sealed process is made of."""

    commit: str
    fingerprint: str
    engine: str
    interpreter: Interpreter
    seal_paths: tuple[Path, ...]
    import_roots: tuple[str, ...]
    installed: Mapping[str, Mapping[str, str]]  # metadata of distributions that are the project itself
    variables: Mapping[str, str]
    data: Mapping[str, Mapping[str, Any]]  # name -> path, digest, kind, read
    steps: tuple[Step, ...] = ()
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    hidden: tuple[Path, ...] = ()  # folders of this machine that no step may see even where a system folder has them
    disguise: Disguise = ORDINARY
    perturb: Mapping[str, Any] = field(default_factory=dict)  # what the worker changes on purpose; never for a record


class Materials:
    """The restored parts of one run and its sandbox, both made on first use."""

    def __init__(
        self,
        store: Store,
        repository: CodeRepository,
        sealed: Sealed,
        folder: Path,
        *,
        on_log: Callable[[str, str, bytes], None],
        fresh: bool = False,
        mend: Callable[[str], bool] = lambda dataset: False,
        restored: Path | None = None,
        sandbox: Callable[..., Sandbox] = Sandbox,
    ):
        self.store, self.repository, self.sealed, self.folder = store, repository, sealed, folder
        self.fresh, self._mend = fresh, mend
        self.restored = restored or folder  # several sandboxes, one after the other, may share what nobody can write
        self.code = self.restored / "code"  # the snapshot, once the sandbox has been started
        self.isolation: str | None = None  # how steps were sealed: known once they have ended
        self._on_log, self._make_sandbox = on_log, sandbox
        self._sandbox: Sandbox | None = None
        self._lock = threading.Lock()

    def sandbox(self) -> Sandbox:
        """Return the run's sandbox; its first use restores code and engine and starts it."""
        with self._lock:
            if self._sandbox is None:
                self._sandbox = self._start()
            return self._sandbox

    def stop(self) -> None:
        """End every process of the sandbox."""
        with self._lock:
            if self._sandbox is not None:
                self.isolation = self._sandbox.isolation
                self._sandbox.stop()
                self._sandbox = None

    def imported(self) -> list[Path]:
        """Return the environment's files that the sandbox imported for its steps, where they lie on this machine."""
        job = {"protocol": PROTOCOL, "op": "modules", "step": "modules", "inputs": {}, "outputs": []}
        outcome = self.sandbox().execute(Work("modules", job, (), self.outputs("modules"), timeout=60.0))
        inside, prefix = f"{ENVIRONMENT}/", self.sealed.interpreter.prefix
        return [prefix / path[len(inside) :] for path in outcome.result.get("modules", ()) if path.startswith(inside)]

    def dataset(self, name: str) -> Path:
        """Return a verified path with a dataset's bytes, for reading only."""
        declared = self.sealed.data[name]
        try:
            return self._bytes(declared["digest"], declared["kind"], self.restored / "data")
        except (ObjectCorrupt, ObjectMissing):
            if not self._mend(name):
                raise
            return self._bytes(declared["digest"], declared["kind"], self.restored / "data")

    def artifact(self, digest: str, kind: str) -> Path:
        """Return a verified path with an artifact's bytes, for reading only."""
        return self._bytes(digest, kind, self.restored / "artifacts")

    def outputs(self, step: str) -> Path:
        folder = self.folder / "outputs" / step
        folder.mkdir(parents=True)
        return folder

    def _bytes(self, digest: str, kind: str, folder: Path) -> Path:
        if kind == "file" and not self.fresh:
            return self.store.path_of(digest)
        target = folder / digest
        with self._lock:
            if not target.exists():
                folder.mkdir(parents=True, exist_ok=True)
                if kind == "file":
                    self.store.place(digest, target)
                else:
                    self.store.place_tree(digest, target)
        return target

    def _start(self) -> Sandbox:
        code, archive, interpreter = self.code, self.restored / "engine", self.sealed.interpreter
        if not archive.exists():
            self.repository.restore(self.sealed.commit, code, fingerprint=self.sealed.fingerprint)
            engine.place(self.store, self.sealed.engine, archive)
            if not self.fresh or self.restored != self.folder:  # a verdict rests on nothing that was kept elsewhere
                compiled.lay_beside(archive, self.sealed.engine, interpreter)
        mounts = [Mount(path, str(path)) for path in self.sealed.seal_paths]
        if interpreter.is_venv:
            mounts.append(Mount(interpreter.prefix, ENVIRONMENT))
        roots, variables = self.sealed.import_roots, dict(self.sealed.variables)
        if interpreter.is_venv:
            mounts.append(Mount(self._programs(), programs.PROGRAMS))
            variables["PATH"] = f"{programs.PROGRAMS}:{variables['PATH']}"
        if self.sealed.installed:
            installed = self.restored / "installed"
            if not installed.exists():
                lay_out(self.sealed.installed, installed)
            mounts.append(Mount(installed, INSTALLED))
            roots = (*roots, f"{INSTALLED}/{METADATA}")
            variables["PATH"] = f"{INSTALLED}/{PROGRAMS}:{variables['PATH']}"
        if online := self.sealed.disguise.online or self.sealed.disguise.cores:
            mounts.append(self._cores_online(online))
        return self._make_sandbox(
            Seal(
                interpreter=interpreter.executable,
                environment=tuple(mounts),
                engine=archive,
                code=code,
                import_roots=roots,
                variables=variables,
                preload=modules_for(self.sealed.steps, code, self.sealed.import_roots),
                hidden=self.sealed.hidden,
                disguise=self.sealed.disguise,
            ),
            on_log=self._on_log,
        )

    def _programs(self) -> Path:
        folder = self.restored / "programs"
        return folder if folder.exists() else programs.lay_out(self.sealed.interpreter.prefix, _PYTHON, folder)

    def _cores_online(self, count: int) -> Mount:
        """Return a file that has the machine look as if it had so many cores."""
        path = self.folder / "online"
        path.write_text(f"0-{count - 1}\n" if count > 1 else "0\n", "ascii")
        return Mount(path, CORES_ONLINE)
