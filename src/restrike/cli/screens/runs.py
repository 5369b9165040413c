"""`restrike runs`: one line a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from restrike.cli.screens.layout import VERDICTS, Column, command, state, table
from restrike.cli.screens.words import number, seconds, short, when

Document = Mapping[str, Any]

ASPECTS = {"code": "c", "config": "C", "environment": "e", "data": "d"}
HEADLINES = 3  # metrics shown; `restrike show` has all of them


def screen(document: Document) -> RenderableType:
    runs = document["runs"]
    if not runs:
        return Group(Text("no runs yet", style="dim"), command("restrike run"))
    headlines = _headlines(runs)
    columns: list[Column] = [("run", "left"), ("started", "left"), ("status", "left"), ("took", "right")]
    columns += [("changed", "left")] if any("changed" in run for run in runs) else []
    columns += [(f"{part}.{metric}", "right") for part, metric in headlines]
    columns += [("reproduced", "left")]
    shown: list[RenderableType] = [table(columns, [_row(run, headlines, len(columns)) for run in runs]) or Text()]
    if (more := document["total"] - len(runs)) > 0:
        shown.append(Text(f"{more:,} older: restrike runs --limit {document['total']}", style="dim"))
    return Group(*shown)


def _headlines(runs: list[Document]) -> list[tuple[str, str]]:
    """Return the metrics worth a column: those of the last part that the newest measured run has."""
    for run in runs:
        measured = run.get("metrics") or {}
        if measured:
            part = "test" if "test" in measured else list(measured)[-1]
            return [(part, metric) for metric in list(measured[part])[:HEADLINES]]
    return []


def _row(run: Document, headlines: list[tuple[str, str]], width: int) -> list[RenderableType]:
    row: list[RenderableType] = [
        Text(short(run["run"]), style="bold"),
        when(run["started"]),
        state(run["status"]),
        seconds(run.get("seconds")),
    ]
    if width > len(row) + len(headlines) + 1:
        row.append(_changed(run.get("changed")))
    row += [number((run.get("metrics") or {}).get(part, {}).get(metric)) for part, metric in headlines]
    return [*row, _standing(run)]


def _changed(aspects: Any) -> Text:
    """Return a letter for each aspect that differs from the run before; nothing for the first run."""
    return Text("".join(letter if name in (aspects or ()) else "·" for name, letter in ASPECTS.items()), style="yellow")


def _standing(run: Document) -> Text:
    """Say what reproductions have shown of a run and its recipe."""
    told = Text(run["verdict"], style=VERDICTS.get(run["verdict"], "")) if run.get("verdict") else Text()
    if run.get("incident"):
        told.append(" " if told else "")
        told.append(f"INCIDENT: gave this result {run['same']} of {run['executions']} times", style="bold red")
    elif (run.get("executions") or 0) > 1:
        told.append(f"{' ' if told else ''}gave this result {run['same']} of {run['executions']} times", style="dim")
    return told
