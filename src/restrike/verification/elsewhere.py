"""Steps that find their project, or their home, at another place inside the seal than ever before."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from restrike.execution.materials import PROJECT
from restrike.execution.sandbox import Mount, Outcome, Sandbox, Seal, Work
from restrike.execution.sandbox.sandbox import OnLog
from restrike.worker.seal import HOME

OTHER_PROJECT, OTHER_HOME = "/srv/elsewhere/project", "/srv/elsewhere/home"


@dataclass(frozen=True)
class Places:
    """Where a step finds what has a fixed place in any ordinary execution."""

    project: str = PROJECT
    home: str = HOME


USUAL = Places()


class Elsewhere(Sandbox):
    """A sandbox whose steps find things at other places, each step in folders of its own.

    Where nothing can be sealed, steps have other places each time as it is.
    """

    def __init__(self, seal: Seal, *, on_log: OnLog, places: Places):
        super().__init__(seal, on_log=on_log)
        self.places = places

    def execute(self, work: Work) -> Outcome:
        if self.places == USUAL or not self.isolation.startswith("sealed"):
            return super().execute(work)
        with tempfile.TemporaryDirectory(dir=work.outputs.parent, ignore_cleanup_errors=True) as folder:
            return super().execute(self._moved(work, Path(folder)))

    def _moved(self, work: Work, folder: Path) -> Work:
        if self.places.home != HOME:
            (folder / "home").mkdir(mode=0o755)
            work = _with(work, HOME, Mount(folder / "home", self.places.home, writable=True))
        if self.places.project != PROJECT:
            shutil.copytree(self._seal.code, folder / "project", symlinks=True)
            work = _with(work, PROJECT, Mount(folder / "project", self.places.project, writable=True))
            work.job["project_folder"] = self.places.project
        return work

    def _order(self, work: Work, number: int) -> dict[str, Any]:
        order = super()._order(work, number)
        return order | {"folder": work.job.get("project_folder", order["folder"])}


def _with(work: Work, usual: str, place: Mount) -> Work:
    """Return work with a mount in place of a usual folder; data that was declared inside it comes along."""
    inside = [mount.target for mount in work.mounts if mount.target.startswith(usual + "/")]
    moved = {target: place.target + target[len(usual) :] for target in inside}
    mounts = [replace(mount, target=moved.get(mount.target, mount.target)) for mount in work.mounts]
    told = {key: _rewritten(work.job[key], moved) for key in ("inputs", "command")}
    return replace(work, job={**work.job, **told}, mounts=(place, *mounts))


def _rewritten(value: Any, moved: dict[str, str]) -> Any:
    if isinstance(value, str):
        for old, new in moved.items():
            value = value.replace(old, new)
        return value
    if isinstance(value, list):
        return [_rewritten(item, moved) for item in value]
    if isinstance(value, dict):
        return {key: _rewritten(item, moved) for key, item in value.items()}
    return value
