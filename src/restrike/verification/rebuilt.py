"""The environment in which a run is executed again: rebuilt from the record and proven equal to it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from restrike import environment
from restrike.base.errors import RestrikeError
from restrike.base.folders import user_cache
from restrike.environment import Environment, Mismatch, Rebuilt
from restrike.environment.errors import LockFailed
from restrike.environment.proof import compare, installed
from restrike.execution.capture import environment_cache
from restrike.execution.run import Place
from restrike.execution.runner import Progress
from restrike.records import documents
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
            details=told(broken[:12], recorded.opening["conditions"]["distributions"]),
            hint=f"judge in the environment as it is now: restrike reproduce {recorded.run[:12]} --env current",
        )
    return Proof(installed(rebuilt.interpreter, rebuilt.path), how, count, rebuilt.mismatches, rebuilt.built)


def told(mismatches: Sequence[Mismatch], then: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Say what differs, by distribution. What the run was made with, `then`, tells which were no index's even then."""
    tampered = {item["name"]: ", ".join(item["tampered"]) for item in then if item["tampered"]}
    return tuple(
        f"'{item.distribution}' was changed by hand when the run was made: {tampered[item.distribution]}; "
        "reinstall it and run again"
        if item.distribution in tampered
        else f"{item.distribution}: {item.detail}"
        for item in mismatches
    )


def rebuilt_for(place: Place, recorded: RecordedRun, progress: Progress) -> Rebuilt:
    """Rebuild a run's environment from its lock, or from the one of the same environment that was completed since.

    A lock that lacks something is completed from the machine's own index. It is kept once the proof has accepted it.
    """
    progress({"event": "phase", "text": "rebuilding the environment"})
    python = Path(recorded.opening["conditions"]["machine"]["executable"]["path"])
    known = recorded.ledger.completed_lock(recorded.recipe["environment"]) or recorded.lock or ""
    lock = _completed(recorded.environment, known, python)
    with place.ledger.store.temporary() as folder:
        wheels = [folder / name for name in recorded.opening["wheels"]]
        for wheel in wheels:
            place.ledger.store.place(recorded.opening["wheels"][wheel.name], wheel)
        rebuilt = environment.rebuild(
            recorded.environment,
            lock,
            cache_root=user_cache(),
            offline=False,
            wheels=wheels,
            python=python,
            progress=lambda text: progress({"event": "phase", "text": text}),
        )
    if lock != known and not rebuilt.mismatches:
        keep_lock(place, recorded.recipe["environment"], lock)
    return rebuilt


def keep_lock(place: Place, identity: str, text: str) -> None:
    """Record a complete lock, so that earlier runs in this environment can be rebuilt with it."""
    if place.ledger.completed_lock(identity) == text:
        return
    address = place.ledger.store.put_bytes(text.encode())
    record = {"format": documents.LOCK, "environment": identity, "lock": address, "time": time.time()}
    place.ledger.append(record)


def _completed(document: dict[str, Any], lock: str, python: Path) -> str:
    settings = user_cache()  # uv's settings are the user's, not the working tree's
    settings.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(LockFailed):  # no network: the rebuild says what the lock lacks
        return environment.completed(document, lock, folder=settings, python=python)
    return lock
