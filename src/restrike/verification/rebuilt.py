"""The environment in which a run is executed again: rebuilt from the record and proven equal to it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from restrike import environment
from restrike.base.errors import RestrikeError
from restrike.base.folders import user_cache
from restrike.environment import Environment, Mismatch, Rebuilt
from restrike.environment.proof import compare, installed
from restrike.execution.capture import environment_cache
from restrike.execution.run import Place
from restrike.execution.runner import Progress
from restrike.records.recorded import RecordedRun

OF_THE_SYSTEM = ("libc",)  # no rebuild can bring this back; the verdict's scope names it instead


class EnvironmentUnproven(RestrikeError):
    """The rebuilt environment is not the recorded one, distribution by distribution."""

    code = "R802"
    exit_code = 20


@dataclass(frozen=True)
class Proof:
    """An interpreter to execute with, and how well it is known to be the recorded environment."""

    environment: Environment
    how: str  # "rebuilt" or "current"
    distributions: int
    mismatches: tuple[Mismatch, ...]
    built: bool = False


def environment_for(place: Place, recorded: RecordedRun, how: str, progress: Progress) -> Proof:
    """Return the recorded environment, rebuilt and proven, or the project's current one with what differs in it."""
    document = recorded.environment
    count = len(document["distributions"])
    if how == "current":
        found = environment.capture(
            environment.whose(place.project, recorded.config["document"]["environment"]["python"]),
            project=place.project,
            cache=environment_cache(place.ledger.store),
        )
        return Proof(found, how, count, tuple(compare(document, found.document, found.distributions)))
    rebuilt = rebuilt_for(place, recorded, progress)
    if broken := [item for item in rebuilt.mismatches if item.distribution not in OF_THE_SYSTEM]:
        raise EnvironmentUnproven(
            f"the environment could not be rebuilt as it was: {len(broken)} of {count} parts differ",
            details=tuple(f"{item.distribution}: {item.detail}" for item in broken[:12]),
            hint="judge in the environment as it is now: restrike reproduce RUN --env current",
        )
    return Proof(installed(rebuilt.interpreter, rebuilt.path), how, count, rebuilt.mismatches, rebuilt.built)


def rebuilt_for(place: Place, recorded: RecordedRun, progress: Progress) -> Rebuilt:
    """Rebuild a run's environment from its lock, or from the one of the same environment that was completed since."""
    progress({"event": "phase", "text": "rebuilding the environment"})
    with place.ledger.store.temporary() as folder:
        wheels = [folder / name for name in recorded.opening["wheels"]]
        for wheel in wheels:
            place.ledger.store.place(recorded.opening["wheels"][wheel.name], wheel)
        return environment.rebuild(
            recorded.environment,
            recorded.ledger.completed_lock(recorded.recipe["environment"]) or recorded.lock or "",
            cache_root=user_cache(),
            offline=False,
            wheels=wheels,
            python=Path(recorded.opening["conditions"]["machine"]["executable"]["path"]),
            progress=lambda text: progress({"event": "phase", "text": text}),
        )
