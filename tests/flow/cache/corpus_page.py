"""The page that shows what was measured (`docs/concepts/reuse-measured.md`): written on demand, checked in each run.

`RESTRIKE_SNAPSHOTS=write python -m pytest tests/flow/cache/test_corpus.py -m ""` writes it anew.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import judging

import corpus

PAGE = Path(__file__).resolve().parents[3] / "docs" / "concepts" / "reuse-measured.md"
Rows = Sequence[tuple[corpus.Mutation, Sequence[judging.Verdict]]]
HEAD = "| kind | edit | changes | executed | reused | needlessly executed |\n|---|---|---|---|---|---|\n"


@dataclass(frozen=True)
class Figures:
    """What the page's tables add up to; `unchanged` are decisions on steps that make what they made before."""

    pipelines: int
    mutations: int
    decisions: int
    changed: int
    stale: int
    needless: int
    touched: int  # mutations with at least one needless execution

    @property
    def unchanged(self) -> int:
        return self.decisions - self.changed


def section(pipeline: corpus.Pipeline, rows: Rows) -> str:
    """Return the table of a pipeline, with a line for each needless execution."""
    lines = [_row(mutation, verdicts) for mutation, verdicts in rows]
    reasons = {reason: None for mutation, _ in rows for reason in mutation.needless.values()}
    told = "".join(f"- {reason}: {_where(reason, rows)}\n" for reason in reasons)
    return f"{HEAD}{''.join(lines)}" + (f"\nNeedless:\n\n{told}" if told else "")


def _row(mutation: corpus.Mutation, verdicts: Sequence[judging.Verdict]) -> str:
    changed = ", ".join(item.step for item in verdicts if item.changed) or "-"
    needless = ", ".join(item.step for item in verdicts if item.word == judging.NEEDLESS) or "-"
    executed = sum(item.word in ("executed", judging.NEEDLESS) for item in verdicts)
    return f"| {mutation.kind} | {mutation.name} | {changed} | {executed} | {len(verdicts) - executed} | {needless} |\n"


def _where(reason: str, rows: Rows) -> str:
    found = [mutation.name for mutation, _ in rows if reason in mutation.needless.values()]
    return "; ".join(found)


def check(pipeline: corpus.Pipeline, rows: Rows) -> None:
    """Hold the page to what was measured, or write it."""
    measured = section(pipeline, rows)
    if os.environ.get("RESTRIKE_SNAPSHOTS") == "write":
        with PAGE.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # other pipelines may be measured at the same time
            _write(pipeline, measured)
    shown = _between(PAGE.read_text(), pipeline.name)
    assert shown == measured, f"{PAGE.name} shows something else of '{pipeline.name}'"


def _marks(name: str) -> tuple[str, str]:
    return f"<!-- measured: {name} -->\n", f"<!-- end of {name} -->\n"


def _between(text: str, name: str) -> str:
    begin, end = _marks(name)
    return text.partition(begin)[2].partition(end)[0]


def _write(pipeline: corpus.Pipeline, measured: str) -> None:
    text = PAGE.read_text()
    begin, end = _marks(pipeline.name)
    if begin not in text:
        text += f"\n### {pipeline.name}: {pipeline.about}\n\n{begin}{end}"
    head, _, rest = text.partition(begin)
    text = head + begin + measured + end + rest.partition(end)[2]
    totals = re.sub(r"(?s)(<!-- totals -->\n).*?(<!-- end of totals -->)", rf"\g<1>{_totals(text)}\g<2>", text)
    PAGE.write_text(totals)


def _totals(text: str) -> str:
    sums = _figures(text)
    return (
        f"| pipelines | {sums.pipelines} |\n|---|---|\n| edits | {sums.mutations} |\n"
        f"| decisions (edit x step) | {sums.decisions} |\n| of these, steps whose result changes | {sums.changed} |\n"
        f"| **stale** | **{sums.stale}** |\n| needlessly executed | {sums.needless} |\n"
        f"| of all decisions | {sums.needless / sums.decisions:.1%} |\n"
        f"| of decisions on steps whose result does not change | {sums.needless / sums.unchanged:.1%} |\n"
        f"| edits with a needless execution | {sums.touched} |\n"
    )


def figures() -> Figures:
    """Return what the page's tables add up to. A stale decision fails the test that measures it: there is no column."""
    return _figures(PAGE.read_text())


def _figures(text: str) -> Figures:
    names = re.findall(r"<!-- measured: (\w+) -->", text)
    lines = [line for name in names for line in _between(text, name).splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if not line.startswith("| kind |")]
    count = lambda cell: 0 if cell == "-" else len(cell.split(","))  # noqa: E731
    return Figures(
        pipelines=len(names),
        mutations=len(cells),
        decisions=sum(int(row[3]) + int(row[4]) for row in cells),
        changed=sum(count(row[2]) for row in cells),
        stale=0,
        needless=sum(count(row[5]) for row in cells),
        touched=sum(row[5] != "-" for row in cells),
    )
