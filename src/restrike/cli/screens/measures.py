"""Metrics, slices and gates as tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from restrike.cli.screens.layout import GATES, Column, state, table, titled
from restrike.cli.screens.words import interval, number

Document = Mapping[str, Any]


def metrics(document: Document) -> Group | None:
    """Draw each metric over the parts of the split, with its confidence interval."""
    values, intervals = document.get("metrics") or {}, document.get("intervals") or {}
    names = dict.fromkeys(name for part in values.values() for name in part)
    columns: list[Column] = [("", "left"), *((part, "left") for part in values)]
    rows = [
        [name, *(_measured(part.get(name), intervals.get(title, {}).get(name)) for title, part in values.items())]
        for name in names
    ]
    return titled("metrics", table(columns, rows))


def slices(document: Document) -> Group | None:
    """Draw each slice with its number of rows and its metrics."""
    entries = document.get("slices") or []
    names = list(dict.fromkeys(name for entry in entries for name in entry["metrics"]))
    columns: list[Column] = [("", "left"), ("part", "left"), ("n", "right"), *((name, "left") for name in names)]
    rows = [
        [
            entry["slice"],
            entry["part"],
            str(entry["n"]),
            *(_measured(entry["metrics"].get(name), (entry.get("intervals") or {}).get(name)) for name in names),
        ]
        for entry in entries
    ]
    return titled("slices", table(columns, rows))


def gates(document: Document) -> Group | None:
    """Draw each gate with its verdict, and below it why."""
    entries = document.get("gates") or []
    drawn = Table.grid(padding=(0, 2, 0, 0))
    for gate in entries:
        drawn.add_row(state(gate["verdict"], GATES), gate["text"], _value(gate))
        if gate.get("detail"):
            drawn.add_row("", Text(gate["detail"], style="dim"))
    return titled("gates", drawn if entries else None)


def compared(rows: Iterable[Document], ours: str, theirs: str, a: str = "ours", b: str = "theirs") -> RenderableType:
    """Draw two runs' metrics side by side; where all are equal, say so in a line."""
    rows = list(rows)
    moved = [row for row in rows if row[a] != row[b]]
    if not moved:
        return Text(f"all {len(rows)} equal" if rows else "none", style="green" if rows else "dim")
    columns: list[Column] = [("", "left"), ("part", "left"), ("slice", "left")]
    columns += [(ours, "right"), (theirs, "right"), ("change", "right")]
    drawn = table(columns, [_compared_row(row, a, b) for row in moved])
    equal = len(rows) - len(moved)
    assert drawn is not None
    return Group(drawn, Text(f"{equal} more equal", style="dim")) if equal else drawn


def indented(body: RenderableType) -> Padding:
    return Padding(body, (0, 0, 0, 2))


def _compared_row(row: Document, a: str, b: str) -> list[RenderableType]:
    from restrike.cli.screens.words import change

    return [row["metric"], row["part"], row.get("slice") or "", number(row[a]), number(row[b]), change(row[a], row[b])]


def _measured(value: Any, bounds: Any) -> Text:
    shown = Text(number(value))
    if spread := interval(bounds):
        shown.append(f"  {spread}", style="dim")
    return shown


def _value(gate: Document) -> str:
    return "" if gate.get("value") is None else number(gate["value"])
