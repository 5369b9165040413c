"""`restrike diff`: the four aspects, then the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from restrike.cli.screens import measures
from restrike.cli.screens.layout import facts, lines, stack, table
from restrike.cli.screens.patch import coloured
from restrike.cli.screens.words import counted, exact, short

Document = Mapping[str, Any]

KINDS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}
COUNTS = {
    "rows_added": ("row", "added"),
    "rows_removed": ("row", "removed"),
    "rows_changed": ("row", "changed"),
    "cells_changed": ("cell", "changed"),
}


def screen(document: Document, *, patches: bool = False) -> RenderableType:
    return stack(
        facts([("a", short(document["a"])), ("b", short(document["b"]))]),
        facts(
            [
                ("code", code(document["code"])),
                ("config", config(document["config"])),
                ("environment", environment(document["environment"])),
                ("data", data(document["data"])),
                ("engine", Text("another version of restrike", style="yellow") if _other_engine(document) else None),
            ]
        ),
        result(document["result"]),
        _patches(document["code"]) if patches else None,
    )


def _other_engine(document: Document) -> bool:
    return bool((document.get("engine") or {}).get("changed"))


def _equal() -> Text:
    return Text("equal", style="green")


def code(aspect: Document) -> RenderableType:
    if not aspect["changed"]:
        return _equal()
    definitions = aspect.get("definitions") or []
    told: list[Text] = []
    for item in aspect["files"]:
        inside = [name.partition(":")[2] for name in definitions if name.partition(":")[0] == item["path"]]
        told.append(_marked(item["kind"], item["path"]).append(f"  {', '.join(inside)}" if inside else "", style="dim"))
    return lines(told) or Text("changed")


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
        return Text("equal, on another machine", style="green") if aspect.get("machine") else _equal()
    changes = [item for kind in ("platform", "distributions", "variables") for item in aspect.get(kind) or []]
    rows = [
        [item["name"], _version(item.get("a")), _version(item.get("b")), _used(item.get("used"))] for item in changes
    ]
    return table([("", "left"), ("a", "left"), ("b", "left"), ("", "left")], rows) or Text("changed")


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
    counts = [f"{counted(dataset[name], what)} {done}" for name, (what, done) in COUNTS.items() if dataset.get(name)]
    return ", ".join(counts) or f"{_dataset(dataset.get('a'))} -> {_dataset(dataset.get('b'))}"


def _dataset(version: Document | None) -> str:
    return f"{version['path']} {short(version['digest'])}" if version else "absent"


def result(aspect: Document) -> RenderableType:
    """Draw the artifacts that differ and the metrics that moved."""
    if aspect["identical"]:
        return facts([("result", Text("the same", style="bold green"))]) or Text()
    differing = [item for item in aspect["steps"] if item["state"] == "different"]
    same = len(aspect["steps"]) - len(differing)
    told: list[str | Text] = [Text(item["artifact"], style="yellow") for item in differing]
    told += [Text(f"{same} more equal", style="dim")] if same else []
    return stack(
        facts(
            [
                ("result", Text("different", style="bold red")),
                ("artifacts", lines(told)),
                ("metrics", measures.compared(aspect["metrics"], "a", "b", "a", "b")),
            ]
        )
    )


def _patches(aspect: Document) -> RenderableType | None:
    return lines(coloured(item["patch"]) for item in aspect.get("files") or [] if item.get("patch"))
