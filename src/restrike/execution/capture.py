"""Capture: the four aspects as they are now, composed into a recipe. Nothing is executed here."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from restrike import code, data, environment
from restrike.base.errors import RestrikeError
from restrike.code import CodeRepository, Snapshot
from restrike.config import Config
from restrike.data import DatasetVersion
from restrike.environment import Environment
from restrike.execution import engine
from restrike.execution.materials import Sealed
from restrike.execution.runner import Progress
from restrike.execution.sandbox.variables import stated
from restrike.pipeline.graph import Step, network_of, ordered
from restrike.records import recipe as recipes
from restrike.store import Store
from restrike.training import graph as training
from restrike.training import requirements

_WITHOUT_COMPONENTS = ("load", "split")  # steps of the built-in pipeline that execute nothing the config names


class RequirementMissing(RestrikeError):
    """The project's environment lacks a package that the built-in training pipeline needs."""

    code = "R601"


@dataclass(frozen=True)
class Capture:
    """Everything that fixes a result, captured and kept in the store, with the recipe made of it."""

    config: Config
    snapshot: Snapshot
    environment: Environment
    datasets: Mapping[str, DatasetVersion]
    steps: tuple[Step, ...]
    recipe: dict[str, Any]
    sealed: Sealed


def capture(project: Path, config: Config, store: Store, repository: CodeRepository, progress: Progress) -> Capture:
    """Capture code, environment and data, and compose the recipe."""
    steps = steps_of(config)
    with _at(config, "environment.python", "environment.python"):
        interpreter = environment.whose(project, config.environment.python)
    found = environment.capture(interpreter, project=project, cache=environment_cache(store))
    if config.training is not None or config.evaluate is not None:
        _require(found, requirements())
    progress({"event": "phase", "text": "capturing code and data"})
    snapshot = repository.capture(project, leave_out=left_out(project, config), limits=config.snapshot)
    datasets = {name: _dataset(store, project, config, name) for name in config.data}
    for version in datasets.values():
        _tell(version, progress)
    for note in found.notes:
        progress({"event": "note", "text": note})
    passed, secrets = environment.variables(config.environment, os.environ)
    sealed = Sealed(
        commit=snapshot.commit,
        fingerprint=snapshot.fingerprint,
        engine=engine.keep(store),
        interpreter=found.interpreter,
        seal_paths=found.seal_paths,
        import_roots=tuple(code.import_roots(project, found.interpreter.site_packages)),
        installed=code.distributions(project, found.interpreter.site_packages),
        variables=stated(config.numeric["profile"], threads(config), passed),
        data={name: _declared(config, name, version) for name, version in datasets.items()},
        secrets=secrets,
        steps=steps,
        hidden=(project, Path.home()),
    )
    return Capture(config, snapshot, found, datasets, steps, _recipe(config, sealed, found, steps), sealed)


@contextmanager
def _at(config: Config, key: str, told: str | None = None) -> Iterator[None]:
    """Let an error that names no place (or only `told`) name the one where the config gives a value."""
    try:
        yield
    except RestrikeError as error:
        if error.where == told:
            with suppress(KeyError):
                error.where = config.origin(key)
        raise


def _dataset(store: Store, project: Path, config: Config, name: str) -> DatasetVersion:
    with _at(config, f"data.{name}.path"):
        return data.snapshot(store, project, name, config.data[name].path)


def steps_of(config: Config) -> tuple[Step, ...]:
    """Return all steps of a project in order: the built-in ones that its config asks for, and its own."""
    built_in = training.steps(config.training, config.evaluate, {name: item.read for name, item in config.data.items()})
    if config.training is not None:
        built_in = tuple(_granted(step, config) for step in built_in)
    return tuple(ordered([*config.steps, *built_in], config.data))


def _granted(step: Step, config: Config) -> Step:
    """Return a step of the built-in pipeline with the network, if it executes what the config names."""
    if step.name in _WITHOUT_COMPONENTS:
        return step
    return replace(step, network=network_of(config.document["allow"]["network"]))


def environment_cache(store: Store) -> Path:
    """Return the folder that spares reading an environment again that did not change."""
    return store.cache / "environment"


def threads(config: Config) -> int:
    """Return the thread count of the recipe: the declared one, or that of the cores this process may use."""
    return int(config.numeric["threads"] or len(os.sched_getaffinity(0)))


def left_out(project: Path, config: Config) -> list[str]:
    """Return what in the project is not code: the config's files, declared data and the store."""
    inside = [source.relative_to(project) for source in config.sources if source.is_relative_to(project)]
    places = [item.path for item in config.data.values()] + [config.store or ".restrike"]
    declared = [place for place in places if place[0] not in "/~"]
    return sorted({".restrike", *(path.as_posix() for path in inside), *(os.path.normpath(path) for path in declared)})


def _recipe(config: Config, sealed: Sealed, found: Environment, steps: tuple[Step, ...]) -> dict[str, Any]:
    return recipes.compose(
        code=sealed.fingerprint,
        import_roots=sealed.import_roots,
        installed=sealed.installed,
        config={key: value for key, value in config.recipe.items() if key != "numeric"},
        data={name: {"path": item["path"], "digest": item["digest"]} for name, item in sealed.data.items()},
        environment=found.identity,
        steps=steps,
        seed=config.seed,
        numeric={"profile": config.numeric["profile"], "threads": threads(config)},
        engine=sealed.engine,
        variables=sealed.variables,
        secrets=sealed.secrets,
    )


def _declared(config: Config, name: str, version: DatasetVersion) -> dict[str, Any]:
    declared = config.data[name]
    return {"path": declared.path, "digest": version.digest, "kind": version.kind, "read": declared.read}


def _require(found: Environment, names: tuple[str, ...]) -> None:
    present = {distribution.name for distribution in found.distributions}
    if missing := [name for name in names if name not in present]:
        raise RequirementMissing(
            f"the built-in steps need {', '.join(missing)}, which the project's environment lacks",
            where=str(found.interpreter.executable),
            hint=f"uv pip install --python {found.interpreter.executable} {' '.join(missing)}",
        )


def _tell(version: DatasetVersion, progress: Progress) -> None:
    if version.new and version.previous:
        text = f"data '{version.name}' changed on disk: new version {version.digest[:12]} (was {version.previous[:12]})"
        progress({"event": "note", "text": text})
    elif version.new:
        text = f"data '{version.name}' is now kept as version {version.digest[:12]}"
        progress({"event": "note", "text": text})
