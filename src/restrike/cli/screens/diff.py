"""`restrike diff`: the four aspects, then the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from restrike.cli.screens import measures
from restrike.cli.screens.layout import facts, lines, stack, table
from restrike.cli.screens.patch import coloured
from restrike.cli.screens.words import exact, short

Document = Mapping[str, Any]

KINDS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}
COUNTS = {
    "rows_added": "rows added",
    "rows_removed": "rows removed",
    "rows_changed": "rows changed",
    "cells_changed": "cells changed",
}


def screen(document: Document, *, patches: bool = False) -> RenderableType:
    return stack(
        facts([("a", _run(document["a"])), ("b", _run(document["b"]))]) if "a" in document else None,
        facts(
            [
                ("code", code(document["code"])),
                ("config", config(document["config"])),
                ("environment", environment(document["environment"])),
                ("data", data(document["data"])),
            ]
        ),
        result(document["result"]),
        _patches(document["code"]) if patches else None,
    )


def _run(run: Any) -> str:
    return str(run["run"] if isinstance(run, Mapping) else run)


def _equal() -> Text:
    return Text("equal", style="green")


def code(aspect: Document) -> RenderableType:
    if not aspect["changed"]:
        return _equal()
    return lines(_marked(item["kind"], item["path"]) for item in aspect.get("files") or []) or Text("changed")


def _marked(kind: str, text: str) -> Text:
    mark, style = KINDS.get(kind, ("~", "yellow"))
    return Text.assemble((mark, style), f" {text}")


def config(aspect: Document) -> RenderableType:
    if not aspect["changed"]:
        return _equal()
    rows = [[key["key"], _side(key, "a"), _side(key, "b")] for key in aspect["keys"]]
    return table([("", "left"), ("a", "left"), ("b", "left")], rows) or Text("changed")


def _version(version: str | None) -> Text:
    return Text(version) if version else Text("absent", style="dim")


def _side(entry: Document, side: str) -> Text:
    value = entry.get(side)
    return Text("absent", style="dim") if value is None else Text(exact(value))


def environment(aspect: Document) -> RenderableType:
    if not aspect["changed"]:
        return _equal()
    rows = [
        [item["name"], _version(item.get("a")), _version(item.get("b")), _used(item.get("used"))]
        for item in aspect.get("distributions") or []
    ]
    drawn = table([("", "left"), ("a", "left"), ("b", "left"), ("", "left")], rows)
    machine = lines(str(item) for item in aspect.get("machine") or [])
    parts = [part for part in (drawn, machine) if part is not None]
    return Group(*parts) if parts else Text("changed")


def _used(used: Any) -> str:
    return "" if used is None else "imported by the run" if used else "never imported"


def data(aspect: Document) -> RenderableType:
    if not aspect["changed"]:
        return _equal()
    rows = [[item["name"], _moved(item)] for item in aspect["datasets"]]
    return table([("", "left"), ("", "left")], rows) or Text("changed")


def _moved(dataset: Document) -> str:
    if dataset.get("bytes_only"):
        return "other bytes, the same values"
    if dataset.get("order_only"):
        return "the same rows in another order"
    counts = [f"{dataset[name]:,} {word}" for name, word in COUNTS.items() if dataset.get(name)]
    return ", ".join(counts) or f"{short(dataset.get('a'))} -> {short(dataset.get('b'))}"


def result(aspect: Document) -> RenderableType:
    """Draw the steps whose artifacts differ and the metrics that moved."""
    if aspect["identical"]:
        return facts([("result", Text("identical", style="bold green"))]) or Text()
    return stack(
        facts(
            [
                ("result", Text("different", style="bold red")),
                ("steps", lines(_step(step) for step in aspect.get("steps") or [])),
                ("metrics", measures.compared(aspect.get("metrics") or [], "a", "b", "a", "b")),
            ]
        )
    )


def _step(step: Any) -> Text:
    if isinstance(step, str):
        return Text(step)
    word = step.get("state", "")
    return Text.assemble(
        (f"{step.get('step') or step.get('name')}  "), (word, "green" if word == "equal" else "yellow")
    )


def _patches(aspect: Document) -> RenderableType | None:
    return lines(coloured(item["patch"]) for item in aspect.get("files") or [] if item.get("patch"))
