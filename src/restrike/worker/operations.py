"""What a step process can be asked to do: execute a step, tell two artifacts apart, answer."""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path
from typing import Any

from restrike.worker import binding, command, numeric, seal
from restrike.worker.failure import StepError
from restrike.worker.randomness import Generators
from restrike.worker.trace.imports import Arrivals, observed_arrivals


def execute(job: dict[str, Any], arrivals: Arrivals | None = None) -> dict[str, Any]:
    """Do what a job asks for and return the result document. `arrivals` tells of imports in this process."""
    if job["protocol"] != 1:
        raise StepError(f"this worker speaks protocol 1, not {job['protocol']}")
    if job["op"] == "step":
        return _step(job, arrivals or observed_arrivals())
    operation = {"differences": _differences, "modules": _modules, "ping": _ping}.get(job["op"])
    if operation is None:
        raise StepError(f"this worker does not know the operation '{job['op']}'")
    return operation(job)


def _ping(job: dict[str, Any]) -> dict[str, Any]:
    return {"state": "ok", "python": sys.version.split()[0], "path": list(sys.path)}


def _modules(job: dict[str, Any]) -> dict[str, Any]:
    """Tell which files this process has imported, before any code of the project ran in it."""
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    return {"state": "ok", "modules": sorted({file for file in files if isinstance(file, str)})}


def _differences(job: dict[str, Any]) -> dict[str, Any]:
    from restrike.codecs import differences

    a, b = job["params"]["a"], job["params"]["b"]
    found = differences(Path(a["path"]), a["codec"], Path(b["path"]), b["codec"], limit=job["params"].get("limit", 20))
    return {"state": "ok", "differences": [dataclasses.asdict(item) for item in found]}


def _step(job: dict[str, Any], arrivals: Arrivals) -> dict[str, Any]:
    if job.get("command") is not None:
        return _command(job)
    generators = Generators((job.get("perturb") or {}).get("global_seed", job["seed"]), arrivals)
    values, notes = _call(job)
    used = generators.used()
    for output in job["outputs"]:
        if output.get("kind") == "metrics":
            command.check_metrics(output["name"], values[output["name"]])
    kept = {name: _kept(value, name, job) for name, value in values.items()}
    notes += numeric.chosen(os.environ)
    notes += [f"the global generator of '{name}' was used; it is seeded for every step" for name in used]
    return {"state": "ok", "outputs": kept, "notes": notes, "used_global_random": bool(used)}


def _command(job: dict[str, Any]) -> dict[str, Any]:
    outputs = job.get("outputs_folder", seal.OUTPUTS)
    try:
        command.run(job["command"], shell=job.get("shell", False), seed=job["seed"])
    except command.CommandFailed as failed:
        return {"state": "failed", "error": failed.document}
    values = {
        item["name"]: command.output(item["name"], item.get("path"), item.get("kind", "artifact"), outputs)
        for item in job["outputs"]
    }
    kept = {name: _kept(value, name, job) for name, value in values.items()}
    return {"state": "ok", "outputs": kept, "notes": [], "used_global_random": False}


def _call(job: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    use, names = job["use"], [output["name"] for output in job["outputs"]]
    function = binding.function_of(use, binding.roots_in(job.get("project_folder", seal.PROJECT)))
    datasets = [name for name, given in job["inputs"].items() if given.get("data")]
    in_place = binding.left_in_place(function, use, datasets, job["params"])
    readers = {name: _reader(name, given) for name, given in job["inputs"].items() if name not in in_place}
    positional, named = binding.arguments(function, use, readers, job["params"], job["seed"])
    notes = [f"data '{name}' is not passed, as '{use}' has no parameter of that name" for name in in_place]
    return binding.outputs(function(*positional, **named), names, use, function), notes


def _reader(name: str, given: dict[str, Any]) -> Any:
    def read(want: type | None) -> Any:
        from restrike import codecs

        path = Path(given["path"])
        if given.get("data"):
            return codecs.read_data(path, given.get("read") or {}, want)
        return codecs.decode(path, given["codec"], want, given.get("engine"))

    return read


def _kept(value: Any, name: str, job: dict[str, Any]) -> dict[str, Any]:
    from restrike.codecs import encode

    if isinstance(value, Path) and not value.exists():
        raise StepError(f"output '{name}' is the path '{value}', where nothing is")
    encoded = encode(value, Path(job.get("outputs_folder", seal.OUTPUTS)), name)
    return {**dataclasses.asdict(encoded), "path": name}
