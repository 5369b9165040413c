"""`restrike runs`: one line a run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from restrike.cli.screens.layout import VERDICTS, Column, command, state, table
from restrike.cli.screens.words import number, seconds, short, when

Document = Mapping[str, Any]

ASPECTS = {"code": "c", "config": "C", "environment": "e", "data": "d"}
HEADLINES = 2  # metrics shown; `restrike show` has all of them


def screen(document: Document) -> RenderableType:
    runs = document["runs"]
    if not runs:
        return Group(Text("no runs yet", style="dim"), command("restrike run"))
    part, names = _headlines(runs)
    compared = any("changed" in run for run in runs)
    columns: list[Column] = [("run", "left"), ("started", "left"), ("status", "left"), ("took", "right")]
    columns += [("changed", "left")] if compared else []
    columns += [(name, "right") for name in names]
    columns += [("reproduced", "left"), ("gave this result", "left")]
    rows: list[list[RenderableType]] = []
    for run in runs:
        measured = (run.get("metrics") or {}).get(part) or {}
        changed = [_changed(run.get("changed") or [])] if compared else []
        rows.append([*_head(run), *changed, *(number(measured.get(name)) for name in names), *_standing(run)])
    drawn = table(columns, rows)
    assert drawn is not None
    for column in drawn.columns[:3]:
        column.no_wrap = True
    shown: list[RenderableType] = [drawn]
    if names:
        shown.append(Text(f"metrics on {part}", style="dim"))
    if (more := document["total"] - len(runs)) > 0:
        shown.append(Text(f"{more:,} more: restrike runs --limit {document['total']}", style="dim"))
    return Group(*shown)


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
    return [identity, when(run["started"]), state(run["status"]), seconds(run.get("seconds"))]


def _changed(aspects: Collection[str]) -> Text:
    """Return a letter for each aspect that differs from the run before."""
    return Text("".join(letter if name in aspects else "·" for name, letter in ASPECTS.items()), style="yellow")


def _standing(run: Document) -> tuple[Text, Text]:
    """Return the latest verdict on a run, and how often its recipe has given its result."""
    verdict = Text(run["verdict"], style=VERDICTS.get(run["verdict"], "")) if run.get("verdict") else Text()
    times = f"{run.get('same')} of {run.get('executions')} times"
    if run.get("incident"):
        return verdict, Text(f"{times}  INCIDENT", style="bold red")
    return verdict, Text(times if (run.get("executions") or 0) > 1 else "", style="dim")
