"""Metrics, slices and gates as tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from restrike.cli.screens.layout import GATES, Column, Fitting, command, state, table, titled
from restrike.cli.screens.words import interval, number, short

Document = Mapping[str, Any]


def metrics(document: Document, *, whole: bool = False) -> Group | None:
    """Draw each metric over the parts of the split; with confidence intervals where they fit, or where `whole`."""
    values, intervals = document.get("metrics") or {}, document.get("intervals") or {}
    entries = [_Entry((part,), metrics, intervals.get(part) or {}) for part, metrics in values.items()]
    names = list(dict.fromkeys(name for entry in entries for name in entry.values))
    if not names:
        return None
    columns: list[Column] = [("", "left"), *((part, "left") for part in values)]

    def across(spreads: bool) -> Table | None:
        return table(columns, [[name, *(entry.cell(name, spreads) for entry in entries)] for name in names])

    narrow = _listed([("part", "left")], entries, names) if whole else across(False)
    return titled("metrics", _fitting(across(True), narrow))


def slices(document: Document, *, whole: bool = False) -> Group | None:
    """Draw each slice with its number of rows and its metrics; with confidence intervals as above."""
    entries = [
        _Entry((item["slice"], item["part"], str(item["n"])), item["metrics"], item.get("intervals") or {})
        for item in document.get("slices") or []
    ]
    names = list(dict.fromkeys(name for entry in entries for name in entry.values))
    heads: list[Column] = [("", "left"), ("part", "left"), ("n", "right")]

    def across(shown: list[str], spreads: bool) -> Table | None:
        columns: list[Column] = [*heads, *((name, "left") for name in shown)]
        return table(columns, [[*entry.head, *(entry.cell(name, spreads) for name in shown)] for entry in entries])

    if not entries:
        return None
    if whole:
        return titled("slices", _fitting(across(names, True), _listed(heads, entries, names)))
    narrower = [_with_more(across(names[:count], False), names[count:]) for count in range(len(names), 0, -1)]
    return titled("slices", _fitting(across(names, True), *narrower))


@dataclass(frozen=True)
class _Entry:
    """A row of a table of metrics: what it is about, and what was measured."""

    head: tuple[str, ...]
    values: Mapping[str, Any]
    intervals: Mapping[str, Any]

    def cell(self, name: str, spread: bool) -> Text:
        shown = Text(number(self.values.get(name)))
        bounds = interval(self.intervals.get(name)) if spread else ""
        return shown.append(f"  {bounds}", style="dim") if bounds else shown


def _fitting(*pictures: RenderableType | None) -> RenderableType:
    first, *narrower = [picture for picture in pictures if picture is not None]
    return Fitting(first, *narrower)


def _with_more(drawn: Table | None, hidden: list[str]) -> RenderableType | None:
    if drawn is None or not hidden:
        return drawn
    return Group(drawn, Text(f"also {', '.join(hidden)}: restrike show", style="dim"))


def _listed(heads: list[Column], entries: list[_Entry], names: list[str]) -> Table | None:
    """Draw a line a value, for terminals too narrow for a column a metric."""
    rows: list[list[RenderableType]] = []
    for entry in entries:
        shown = [name for name in names if name in entry.values]
        rows += [
            [*(entry.head if place == 0 else [""] * len(entry.head)), name, entry.cell(name, True)]
            for place, name in enumerate(shown)
        ]
    return table([*heads, ("", "left"), ("", "left")], rows)


def gates(document: Document) -> Group | None:
    """Draw each gate with its verdict, and below it why; those that wait for the same baseline in one line."""
    entries = _gathered(document.get("gates") or [])
    drawn = Table.grid(padding=(0, 2, 0, 0))
    drawn.add_column(no_wrap=True)
    for gate in entries:
        drawn.add_row(state(gate["verdict"], GATES), gate["text"], _value(gate))
        if gate.get("detail"):
            drawn.add_row("", Text.assemble((gate["detail"], "dim"), _way_out(gate, document)))
    return titled("gates", drawn if entries else None)


def _way_out(gate: Document, document: Document) -> Text:
    """Return what to type so that there is a baseline the next time."""
    against = (gate.get("declared") or {}).get("against")
    nameable = against and not against.startswith("@")
    if gate["verdict"] != "no baseline" or not nameable or not document.get("run"):
        return Text()
    return Text.assemble(
        ("; to make this run it: ", "dim"), command(f"restrike alias {against} {short(document['run'])}")
    )


def _gathered(gates: list[Document]) -> list[Document]:
    """Make one entry of a gate's slices that wait for a baseline."""
    waiting: dict[str, list[Document]] = {}
    for gate in gates:
        if gate["verdict"] == "no baseline" and gate.get("slice"):
            waiting.setdefault(_subject(gate), []).append(gate)
    shown: list[Document] = []
    for gate in gates:
        like = waiting.get(_subject(gate), []) if gate["verdict"] == "no baseline" and gate.get("slice") else []
        if len(like) < 2:
            shown.append(gate)
        elif gate is like[0]:
            shown.append({**gate, "text": _subject(gate).format(f"{len(like)} slices")})
    return shown


def _subject(gate: Document) -> str:
    return str(gate["text"]).replace(str(gate.get("slice")), "{}", 1)


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


def _value(gate: Document) -> str:
    return "" if gate.get("value") is None else number(gate["value"])
