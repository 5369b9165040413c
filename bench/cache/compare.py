"""Put every mutation to a tool, after it has been shown that the tool works, and hits, in this harness at all."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mutations import CONTROL, Mutation
from reckoning import Values, expected
from results import Results
from tool import STEPS, Tool
from trial import Bench, Execution, Failed
from verdicts import Truth, Verdict, judge

CRASHES = (Failed, OSError, json.JSONDecodeError, subprocess.TimeoutExpired)


class Disagreement(Exception):
    """The project computes something else than it should: the harness itself is at fault."""


def truths(root: Path, plain: Tool, mutations: Iterable[Mutation]) -> Mapping[str, Truth]:
    """Execute everything without a cache, for every mutation, and hold it to the arithmetic."""
    bench = Bench(root, plain)
    bench.set_up()
    bench.begin()
    before = _agreed(bench.execute(), expected())
    found = {}
    for mutation in mutations:
        bench.begin()
        found[mutation.name] = Truth(before, _agreed(bench.mutated(mutation), expected(mutation)))
    return found


@dataclass(frozen=True)
class Compared:
    """How one tool did, by the name of the mutation, and the day of its newest execution."""

    tool: Tool
    verdicts: Mapping[str, Verdict]
    day: str

    @property
    def counts(self) -> Counter[str]:
        return Counter(verdict.kind for verdict in self.verdicts.values())


def compare(root: Path, tool: Tool, mutations: Iterable[Mutation], truth: Mapping[str, Truth]) -> Compared:
    """Put mutations to a tool, but for those of which is known what it does."""
    results = Results(root, tool)
    verdicts = {}
    bench: Bench | None = None
    for mutation in mutations:
        if mutation.name in tool.cannot:
            verdicts[mutation.name] = Verdict("cannot express", tool.cannot[mutation.name])
            continue
        execution = results.get(mutation)
        if execution is None:
            bench = bench or _ready(root, tool, truth)
            try:
                bench.thaw()
                execution = bench.mutated(mutation)
            except CRASHES as error:  # never taken for a hit; tried again next time
                verdicts[mutation.name] = Verdict("failed", str(error))
                continue
            results.put(mutation, execution)
        verdicts[mutation.name] = judge(execution, truth[mutation.name], mutation.may_execute | tool.always)
    return Compared(tool, verdicts, results.last_measured())


def _ready(root: Path, tool: Tool, truth: Mapping[str, Truth]) -> Bench:
    """Show that a tool executes each step once, then none, and sees the control where it knows nothing yet."""
    bench = Bench(root, tool)
    bench.set_up()
    bench.begin()
    _proven(bench.mutated(CONTROL), truth[CONTROL.name].after, STEPS, "the control, from nothing")
    bench.begin()
    before = truth[CONTROL.name].before
    _proven(bench.execute(), before, STEPS, "the first execution")
    _proven(bench.execute(), before, tuple(tool.always), "the second execution")
    bench.freeze()
    return bench


def _proven(execution: Execution, values: Values, executed: tuple[str, ...], what: str) -> None:
    if execution.values != values:
        raise Failed(f"{what} gives other values than executing without a cache: {execution.values}")
    if execution.executed != executed:
        raise Failed(f"{what} executes {execution.executed or 'nothing'}, not {executed or 'nothing'}")


def _agreed(execution: Execution, reckoned: Values) -> Values:
    if execution.values != reckoned or execution.executed != STEPS:
        raise Disagreement(f"executed: {execution}\nreckoned: {reckoned}")
    return execution.values
