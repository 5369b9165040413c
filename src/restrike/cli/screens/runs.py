"""`restrike runs`: one line a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from restrike.cli.screens.layout import VERDICTS, Column, Fitting, command, state, table
from restrike.cli.screens.words import number, seconds, short, when

Document = Mapping[str, Any]

HEADLINES = 2  # metrics shown; `restrike show` has all of them


def screen(document: Document) -> RenderableType:
    runs = document["runs"]
    if not runs:
        return Group(Text("no runs yet", style="dim"), command("restrike run"))
    part, names = _headlines(runs)
    widths = [(True, len(names)), (False, len(names)), (False, min(1, len(names))), (False, 0)]
    first, *narrower = [_listed(runs, part, names[:count], took=took) for took, count in widths]
    shown: list[RenderableType] = [Fitting(first, *narrower)]
    if (more := document["total"] - len(runs)) > 0:
        shown.append(Text(f"{more:,} more: restrike runs --limit {document['total']}", style="dim"))
    return Group(*shown)


def _listed(runs: list[Document], part: str, names: list[str], *, took: bool) -> RenderableType:
    columns: list[Column] = [("run", "left"), ("started", "left"), ("status", "left")]
    columns += [("took", "right")] if took else []
    columns += [(name, "right") for name in names]
    columns += [("reproduced", "left"), ("same result", "left")]
    rows: list[list[RenderableType]] = []
    for run in runs:
        measured = (run.get("metrics") or {}).get(part) or {}
        spent = [seconds(run.get("seconds"))] if took else []
        rows.append([*_head(run), *spent, *(number(measured.get(name)) for name in names), *_standing(run)])
    drawn = table(columns, rows)
    assert drawn is not None
    for column in drawn.columns[:3]:
        column.no_wrap = True
    return Group(drawn, Text(f"metrics on {part}", style="dim")) if names else drawn


def _headlines(runs: list[Document]) -> tuple[str, list[str]]:
    """Return the part and the metrics worth a column: those of the newest run that measured something."""
    for run in runs:
        measured = run.get("metrics") or {}
        if measured:
            part = "test" if "test" in measured else list(measured)[-1]
            return part, list(measured[part])[:HEADLINES]
    return "", []


def _head(run: Document) -> list[RenderableType]:
    identity = Text(short(run["run"]), style="bold")
    return [identity, when(run["started"]), state(run["status"])]


def _standing(run: Document) -> tuple[Text, Text]:
    """Return the latest verdict on a run, and how often its recipe has given its result."""
    verdict = Text(run["verdict"], style=VERDICTS.get(run["verdict"], "")) if run.get("verdict") else Text()
    times = f"{run.get('same')} of {run.get('executions')}"
    if run.get("incident"):
        return verdict, Text(f"{times}  INCIDENT", style="bold red")
    return verdict, Text(times if (run.get("executions") or 0) > 1 else "", style="dim")
