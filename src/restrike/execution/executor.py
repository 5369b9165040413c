"""The execution of one step: job and mounts in, artifacts out."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from restrike.base import atomic
from restrike.execution import depends, network
from restrike.execution.depends import Depend
from restrike.execution.finding import Explain, Seen
from restrike.execution.given import Given
from restrike.execution.log import RunLog
from restrike.execution.materials import PROTOCOL, Materials
from restrike.execution.sandbox import Outcome, Work
from restrike.execution.steprun import StepRun
from restrike.pipeline.graph import Step
from restrike.records.artifact import Artifact
from restrike.store import Store

SCARCE = 1 << 20  # bytes left on a disk that a step has filled: what it asked for did not fit


class Executor:
    """Executes steps in a run's sandbox and keeps what they make in the store."""

    def __init__(
        self, store: Store, materials: Materials, log: RunLog, explain: Explain, depend: Depend = depends.nothing
    ):
        self.store, self.materials, self.log, self.explain, self.depend = store, materials, log, explain, depend

    def execute(self, step: Step, key: str, seed: int, inputs: Mapping[str, Given]) -> StepRun:
        """Execute a step and return what became of it; a failure of the user's code is an outcome, not an exception."""
        outputs = self.materials.outputs(step.name)
        work = Work(
            step=step.name,
            job=job_of(step, seed, inputs) | self._perturbed(),
            mounts=tuple(item.mount() for item in inputs.values()),
            outputs=outputs,
            timeout=step.timeout,
            network=step.network,
            secrets=dict(self.materials.sealed.secrets),
        )
        outcome = self.materials.sandbox().execute(work)
        self.log.end(step.name)
        run = StepRun(step, "failed", key, seed, inputs={name: item.digest for name, item in inputs.items()})
        run.cpu_seconds, run.wall_seconds, run.max_rss = outcome.cpu_seconds, outcome.wall_seconds, outcome.max_rss
        run.notes = list(outcome.result.get("notes", ()))
        run.notes += network.notes(outcome.all_asked)
        run.network = network.documents(outcome.asked, self.log.redacted)
        run.observed = outcome.result.get("observed")
        told = self.explain(step, self._seen(outcome, outputs))
        run.findings, run.notes = told.findings, [*run.notes, *told.notes]
        if outcome.state != "ok":
            run.error = self._error(step, outcome)
            self._refuse_if_full(run)
        elif told.refused is not None:
            run.error = told.refused
        else:
            self._collect(run, outcome, outputs)
        if run.state == "executed":
            run.depends = self.depend(step, outcome, self.materials.code)
        return run

    def _seen(self, outcome: Outcome, folder: Path) -> Seen:
        made = outcome.result.get("outputs") or {}
        return Seen(
            lookups=outcome.lookups,
            trace=outcome.result.get("trace") or {},
            error=outcome.result.get("error"),
            outputs={name: folder / item["path"] for name, item in made.items()},
            asked=outcome.asked,
        )

    def _perturbed(self) -> dict[str, Any]:
        order = self.materials.sealed.perturb
        return {"perturb": dict(order)} if order else {}

    def _collect(self, run: StepRun, outcome: Outcome, folder: Path) -> None:
        if leak := self.log.leaked(folder):
            run.error = {
                "type": "SecretInOutput",
                "message": f"the output '{leak}' holds the value of a secret variable; nothing of it was kept",
                "hint": "take the value out of what the step returns or writes",
            }
            return
        roles = {output.name: output.kind for output in run.step.outputs}
        for name, made in outcome.result["outputs"].items():
            run.outputs[name] = self._keep(folder / made["path"], made, roles.get(name, "artifact"))
        run.state = "executed"

    def _refuse_if_full(self, run: StepRun) -> None:
        """Raise StorageFull where it was the disk under the step's outputs that had no room: that is not its fault."""
        lacked = os.strerror(errno.ENOSPC) in str((run.error or {}).get("message"))
        if lacked and shutil.disk_usage(self.store.root).free < SCARCE:
            raise atomic.full(self.store.root)

    def _keep(self, path: Path, made: Mapping[str, Any], role: str) -> Artifact:
        if made["kind"] == "folder":
            digest = self.store.put_tree(path)
            size = sum(entry.size for entry in self.store.read_tree(digest))
        else:
            digest, size = self.store.put_file(path, move=True)
        return Artifact(
            codec=made["codec"],
            kind=made["kind"],
            digest=digest,
            size=size,
            content=made["content"],
            input=made["input"],
            executes_code=made["executes_code"],
            volatile=tuple(made["volatile"]),
            engine=made["engine"],
            notes=tuple(made["notes"]),
            suffix=path.suffix if made["codec"] == "file@1" else "",
            role=role,
        )

    def _error(self, step: Step, outcome: Outcome) -> dict[str, Any]:
        if outcome.state == "timed out":
            return {
                "type": "TimedOut",
                "message": f"it was stopped after its timeout of {step.timeout:g} s",
                "hint": f"raise steps.{step.name}.timeout",
            }
        error = dict(outcome.result.get("error") or {"type": "Killed", "message": "its process ended without a result"})
        return {name: self.log.redacted(value) if isinstance(value, str) else value for name, value in error.items()}


def job_of(step: Step, seed: int, inputs: Mapping[str, Given]) -> dict[str, Any]:
    """Return the job as the worker protocol wants it (docs/design/worker-protocol.md)."""
    return {
        "protocol": PROTOCOL,
        "op": "step",
        "step": step.name,
        "use": step.use,
        "command": _filled(step, inputs) if step.command is not None else None,
        "shell": step.shell,
        "seed": seed,
        "params": step.params,
        "inputs": {name: item.job for name, item in inputs.items()},
        "outputs": [{"name": output.name, "path": output.path, "kind": output.kind} for output in step.outputs],
        "builtin": step.builtin,
    }


def _filled(step: Step, inputs: Mapping[str, Given]) -> list[str]:
    """Return the command with `{inputs.x}` and `{outputs.x}` replaced by paths inside the seal."""
    places = {f"{{inputs.{name}}}": item.job["path"] for name, item in inputs.items()}
    places |= {f"{{outputs.{output.name}}}": output.path or output.name for output in step.outputs}
    filled = []
    for part in step.command or ():
        for placeholder, place in places.items():
            part = part.replace(placeholder, place)
        filled.append(part)
    return filled
