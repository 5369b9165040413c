"""`restrike data`: versions, where they came from and who used them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from restrike.cli.screens.layout import Column, Fitting, facts, lines, marked, stack, state, table
from restrike.cli.screens.words import counted, number, short, size, when

Document = Mapping[str, Any]

FOUND = {"unchanged": "green", "changed": "yellow", "missing": "bold red", "corrupt": "bold red"}


def added(document: Document) -> RenderableType:
    return stack(*(_added(item) for item in document["datasets"]))


def _added(item: Document) -> RenderableType:
    files = f"{counted(item['files'], 'file')}, " if item.get("kind") == "folder" else ""
    news = Text("new version", style="green") if item["new"] else Text("unchanged", style="dim")
    head = Text.assemble((item["name"], "bold"), f"  {short(item['digest'])}  ", news, f"  {files}{size(item['size'])}")
    profile = _profile(item.get("profile"))
    note = marked([item["note"]]) if item.get("note") else None
    return Group(head, *(part for part in (profile, note) if part is not None))


def _profile(profile: Document | None) -> RenderableType | None:
    """Draw what is in a table: its columns, their types and values."""
    if not profile:
        return None
    columns: list[Column] = [("", "left"), ("type", "left"), ("nulls", "right"), ("distinct", "right"), ("", "left")]
    rows = [
        [
            column["name"],
            column["type"],
            number(column.get("nulls")),
            number(column.get("distinct")),
            _values(column),
        ]
        for column in profile["columns"]
    ]
    drawn = table(columns, rows)
    rows_text = Text(counted(profile["rows"], "row"), style="dim")
    return Group(rows_text, drawn) if drawn is not None else rows_text


def _values(column: Document) -> str:
    if column.get("min") is not None:
        mean = f", mean {number(column['mean'])}" if column.get("mean") is not None else ""
        return f"{number(column['min'])} to {number(column['max'])}{mean}"
    return ", ".join(f"{value} ({count})" for value, count in (column.get("top") or [])[:3])


def history(document: Document) -> RenderableType:
    versions = document["versions"]
    if not versions:
        return Text("no versions yet", style="dim")
    return Fitting(_history(versions, ("by", "from")), _history(versions, ("by",)), _history(versions, ()))


def _history(versions: list[Document], told: tuple[str, ...]) -> RenderableType:
    columns: list[Column] = [("version", "left"), ("made", "left"), ("how", "left")]
    columns += [(name, "left") for name in told]
    columns += [("size", "right"), ("runs", "right")]
    rows: list[list[RenderableType]] = []
    for version in versions:
        made = version["made"]
        more = {"by": made.get("user") or "", "from": made.get("from") or version.get("path") or ""}
        head = [Text(short(version["digest"]), style="bold"), when(made["time"]), made["how"]]
        rows.append([*head, *(more[name] for name in told), size(version["size"]), number(version.get("runs"))])
    return table(columns, rows) or Text()


def verified(document: Document) -> RenderableType:
    rows = [
        [item["name"], short(item.get("digest")), state(item["state"], FOUND), item.get("detail") or ""]
        for item in document["datasets"]
    ]
    return table([("", "left"), ("version", "left"), ("", "left"), ("", "left")], rows) or Text("no data", style="dim")


def taken_out(document: Document) -> RenderableType:
    told = f"{document['name']}, {short(document['digest'])}, {size(document.get('size'))}"
    return Text.assemble("wrote ", (str(document["path"]), "bold"), (f"  {told}", "dim"))


def used_by(document: Document) -> RenderableType:
    columns: list[Column] = [("run", "left"), ("started", "left"), ("status", "left"), ("version", "left")]
    columns += [("used as", "left")]
    rows = [
        [
            Text(short(run["run"]), style="bold"),
            when(run["started"]),
            state(run["status"]),
            short(run["digest"]),
            lines(run.get("used_for") or []) or Text(),
        ]
        for run in document["runs"]
    ]
    return table(columns, rows) or facts([("no run", "used it yet")]) or Text()
