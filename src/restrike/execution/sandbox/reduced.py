"""Where the machine forbids namespaces: plain processes in folders of their own, the same jobs, no enforcement.

Places inside the seal become folders below one temporary root; jobs are rewritten on the way in, results on the
way out.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from restrike.execution.sandbox import layout
from restrike.execution.sandbox.work import Seal, Work
from restrike.worker import seal as places

_MOVED = (places.PROJECT, places.INPUTS, places.OUTPUTS)


class Workspace:
    """A temporary root that stands for the seal's."""

    def __init__(self, seal: Seal):
        self._seal = seal
        self._root = Path(tempfile.mkdtemp(prefix="restrike-"))
        for name in ("home", "tmp"):
            (self._root / name).mkdir()

    def orders(self, preload: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what warden and zygote are started with."""
        own = [str(self._root / "tmp"), os.path.abspath(self._seal.engine)]
        sources = [os.path.abspath(mount.source) for mount in self._seal.environment]
        warden = {
            "sealed": False,
            "network": True,
            "layout": [],
            "interpreter": os.path.abspath(self._seal.interpreter),
            "engine": str(self._seal.engine),
            "variables": self._variables(),
            "unwatched": [*layout.SYSTEM, "/proc", "/dev", "/sys", "/etc", *own, *sources],
        }
        zygote = {
            "sealed": False,
            "own_network": False,
            "engine": str(self._seal.engine),
            "preload": list(preload),
            "overlay_options": "",
            "import_roots": [self._here(root) for root in self._seal.import_roots],
            "layout": [],
        }
        return warden, zygote

    def order(self, work: Work, number: int) -> dict[str, Any]:
        """Lay out a step's folders and return its order."""
        folder = self._root / str(number)
        shutil.copytree(self._seal.code, folder / "project", symlinks=True)
        (folder / "inputs").mkdir()
        (folder / "outputs").symlink_to(os.path.abspath(work.outputs))
        for mount in work.mounts:
            target = self._moved(mount.target, number)
            if target != mount.target:
                Path(target).parent.mkdir(parents=True, exist_ok=True)
                with contextlib.suppress(FileExistsError):  # the home is one for all steps, and so is data in it
                    os.symlink(os.path.abspath(mount.source), target)
        job = self._rewritten(work.job, number)
        job.update(project_folder=str(folder / "project"), outputs_folder=str(folder / "outputs"))
        return {"job": job, "layout": [], "folder": str(folder / "project"), "variables": work.secrets}

    def as_sealed(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return a result with this workspace's folders named as inside a seal."""
        text = json.dumps(document)
        for entry in self._root.iterdir():
            text = text.replace(json.dumps(str(entry))[1:-1] + "/", self.as_sealed_path(f"{entry}/"))
        return dict(json.loads(text))

    def as_sealed_path(self, path: str) -> str:
        """Return the place inside a seal that a path of this workspace stands for."""
        if not path.startswith(f"{self._root}/"):
            return path
        first, _, rest = path[len(str(self._root)) + 1 :].partition("/")
        return f"/{rest}" if first.isdigit() else f"{places.HOME if first == 'home' else '/' + first}/{rest}"

    def clear(self, number: int) -> None:
        shutil.rmtree(self._root / str(number), ignore_errors=True)

    def remove(self) -> None:
        shutil.rmtree(self._root, ignore_errors=True)

    def _variables(self) -> dict[str, str]:
        given = dict(self._seal.variables)
        given.update(HOME=str(self._root / "home"), TMPDIR=str(self._root / "tmp"))
        given["PATH"] = ":".join(self._here(folder) for folder in given.get("PATH", "").split(":"))
        return given

    def _here(self, path: str) -> str:
        """Return where a folder of the seal's environment lies on this machine."""
        for mount in self._seal.environment:
            if path.startswith(mount.target + "/"):
                return os.path.abspath(mount.source) + path[len(mount.target) :]
        return path

    def _rewritten(self, value: Any, number: int) -> Any:
        if isinstance(value, str):
            return self._moved(value, number)
        if isinstance(value, list):
            return [self._rewritten(item, number) for item in value]
        if isinstance(value, dict):
            return {key: self._rewritten(item, number) for key, item in value.items()}
        return value

    def _moved(self, text: str, number: int) -> str:
        if text.startswith(places.HOME + "/"):
            return f"{self._root}/home{text[len(places.HOME) :]}"
        for place in _MOVED:
            if text == place or text.startswith(place + "/"):
                return f"{self._root}/{number}{text}"
        return text
