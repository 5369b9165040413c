"""Why a step differs from itself: found by executing it again with one source of chance after another taken away.

A source is named only where its absence made executions agree that differed with it, then with the line that reads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from restrike.execution.sandbox import Disguise
from restrike.execution.steprun import StepRun
from restrike.pipeline.graph import Step
from restrike.verification.compare import alike
from restrike.verification.kernels import threads
from restrike.verification.setting import Setting
from restrike.verification.trials import Trials

TIMES = 3  # executions that have to agree
PLACES = 4  # lines that are tried one by one

WATCHED = Setting("watched", perturb={"watch": True})
READS = {"entropy": "the machine's randomness", "clock": "the clock", "threads": "the order in which threads end"}
ADVICE = {
    "unseeded randomness": "take `seed` as a parameter of the step and pass it on: `random.Random(seed)`, "
    "`numpy.random.default_rng(seed)`; make names and IDs from the data",
    "clock": "pass the date as a parameter, or leave times out of what the step returns; restrike records when it ran",
    "thread order": "collect results in the order of their inputs (`map`, not `as_completed`), or use one thread",
    "memory addresses": "objects are ordered or named by id(), by default hash or repr: sort by a value of theirs",
    "unexplained": "execute the step twice by hand and compare what it reads and does",
}


@dataclass(frozen=True)
class Cause:
    """What makes a step differ, and how that is known."""

    kind: str
    detail: str
    evidence: tuple[str, ...]
    places: tuple[dict[str, Any], ...] = ()

    def document(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "detail": self.detail,
            "evidence": list(self.evidence),
            "places": list(self.places),
            "advice": ADVICE.get(self.kind, ""),
        }


def narrowed(trials: Trials, step: Step, seen: Sequence[StepRun]) -> Cause:
    """Return why executions of a step (`seen`: some that were not alike) differ although nothing was varied."""
    results = _distinct(seen)
    known = f"executed {len(seen)} times on the same inputs, the step gave {results} results"
    watched = trials.execute(WATCHED, [step])[step.name]
    places = watched.observed or []
    for experiment in _experiments(trials, places):
        if experiment.settles(trials, step):
            return experiment.cause(trials, step, known)
    told = [known, *(f"taking away {experiment.what} changed nothing" for experiment in _experiments(trials, places))]
    if watched.observed is None:
        program = (
            "the program that it starts is not Python"
            if step.command
            else "the engine that made the run is too old for it"
        )
        told.append(f"what it reads could not be watched: {program}")
    return Cause(
        "unexplained", "the step differs from itself when it is repeated; nothing tried explains why", tuple(told)
    )


@dataclass(frozen=True)
class _Experiment:
    """One source of chance taken away."""

    kind: str
    what: str
    setting: Setting
    places: tuple[dict[str, Any], ...] = ()

    def settles(self, trials: Trials, step: Step) -> bool:
        """Tell whether executions agree without this source; one that fails settles nothing."""
        first: StepRun | None = None
        for _ in range(TIMES):
            run = trials.execute(self.setting, [step])[step.name]
            if run.state != "executed" or (first is not None and not alike(first, run)):
                return False
            first = first or run
        return True

    def cause(self, trials: Trials, step: Step, known: str) -> Cause:
        guilty = self._guilty(trials, step)
        evidence = [known, f"without {self.what}, {TIMES} executions gave the same result"]
        if len(self.places) > 1 and len(guilty) == 1:
            evidence.append(f"fixing what {_at(guilty[0])} reads was enough")
        return Cause(self.kind, self._told(guilty), tuple(evidence), guilty)

    def _guilty(self, trials: Trials, step: Step) -> tuple[dict[str, Any], ...]:
        """Return the line that alone makes the difference, or all that may."""
        if not 1 < len(self.places) <= PLACES:
            return self.places
        for place in self.places:
            perturb = {**self.setting.perturb, "only": [[place["file"], place["line"]]]}
            only = replace(self, setting=replace(self.setting, perturb=perturb))
            if only.settles(trials, step):
                return (place,)
        return self.places

    def _told(self, places: tuple[dict[str, Any], ...]) -> str:
        if not places:
            return f"the result depends on {self.what}"
        shown = "; ".join(f"{_at(place)}: `{place['text']}`" if place["text"] else _at(place) for place in places[:5])
        kinds = {place["kind"] for place in places}
        return f"{' and '.join(READS[kind] for kind in sorted(kinds))} reaches the result: {shown}"


def _experiments(trials: Trials, places: Sequence[dict[str, Any]]) -> Iterator[_Experiment]:
    entropy, clock = (_of(places, kind) for kind in ("entropy", "clock"))
    if entropy:
        yield _Experiment("unseeded randomness", READS["entropy"], _fixed(["entropy"]), entropy)
    if clock:
        yield _Experiment("clock", READS["clock"], _fixed(["clock"]), clock)
    if entropy and clock:
        both = f"{READS['entropy']} and {READS['clock']}"
        yield _Experiment("unseeded randomness", both, _fixed(["entropy", "clock"]), entropy + clock)
    yield from _orders(trials, _of(places, "threads"))


def _orders(trials: Trials, pools: tuple[dict[str, Any], ...]) -> Iterator[_Experiment]:
    """Yield the experiments on what comes in an order that nobody states."""
    perturb = _fixed(["threads"]).perturb if pools else {}
    variables = threads(trials.sealed.variables, 2).settings[0].variables
    one = Setting("one thread", variables, Disguise(cores=1), perturb)
    fixed = Disguise(fixed_addresses=True)
    yield _Experiment("thread order", "threads at the same time", one, pools)
    yield _Experiment("memory addresses", "chance in memory addresses", Setting("addresses", disguise=fixed))
    both = replace(one, disguise=replace(fixed, cores=1))
    yield _Experiment("thread order", "threads at the same time and chance in memory addresses", both, pools)


def _of(places: Sequence[dict[str, Any]], kind: str) -> tuple[dict[str, Any], ...]:
    unique = {(place["file"], place["line"]): place for place in reversed(places) if place["kind"] == kind}
    return tuple(reversed(unique.values()))


def _fixed(kinds: Sequence[str]) -> Setting:
    return Setting("fixed", perturb={"watch": True, "fix": list(kinds)})


def _at(place: dict[str, Any]) -> str:
    return f"{place['file']}:{place['line']}"


def _distinct(runs: Sequence[StepRun]) -> int:
    different: list[StepRun] = []
    for run in runs:
        if not any(alike(run, other) for other in different):
            different.append(run)
    return len(different)
