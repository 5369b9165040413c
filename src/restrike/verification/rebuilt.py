"""The environment in which a run is executed again: rebuilt from the record and proven equal to it."""

from __future__ import annotations

from dataclasses import dataclass

from restrike import environment
from restrike.base.errors import RestrikeError
from restrike.environment import Interpreter, Mismatch
from restrike.execution.run import Place
from restrike.execution.runner import Progress
from restrike.records.recorded import RecordedRun


class EnvironmentUnproven(RestrikeError):
    """The rebuilt environment is not the recorded one, distribution by distribution."""

    code = "R802"
    exit_code = 20


@dataclass(frozen=True)
class Proof:
    """An interpreter to execute with, and how well it is known to be the recorded environment."""

    interpreter: Interpreter
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
            environment.whose(place.project, recorded.config["document"]["environment"].get("python")),
            project=place.project,
            cache=place.ledger.store.root / "cache",
        )
        return Proof(found.interpreter, how, count, tuple(environment.prove(document, found)))
    progress({"event": "phase", "text": "rebuilding the environment"})
    rebuilt = environment.rebuild(
        document,
        recorded.lock or "",
        cache_root=environment.cache_root(),
        offline=False,
        progress=lambda text: progress({"event": "phase", "text": text}),
    )
    if mismatches := environment.prove(document, rebuilt):
        raise EnvironmentUnproven(
            f"the environment could not be rebuilt as it was: {len(mismatches)} of {count} distributions differ",
            details=tuple(f"{item.distribution}: {item.detail}" for item in mismatches[:12]),
            hint="restrike env show RUN; or judge in the environment as it is now: --env current",
        )
    return Proof(rebuilt.interpreter, how, count, (), rebuilt.built)
