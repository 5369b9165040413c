"""`restrike env`: what an environment is made of, and whether it can be had again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from restrike.cli.screens.layout import Column, command, facts, lines, marked, stack, table, titled
from restrike.cli.screens.machine import machine
from restrike.cli.screens.words import counted, seconds, short

Document = Mapping[str, Any]


def shown(document: Document, *, every: bool = False) -> RenderableType:
    distributions = document.get("distributions") or []
    changed = [item for item in distributions if item.get("tampered")]
    listed = distributions if every else changed
    return stack(
        facts(
            [
                ("identity", Text(document["identity"], style="bold")),
                ("interpreter", document.get("interpreter")),
                ("python", " ".join(filter(None, [document.get("implementation"), document.get("python")]))),
                ("platform", " ".join(filter(None, [document.get(key) for key in ("os", "arch", "libc")]))),
                ("distributions", str(len(distributions))),
                ("lock", _lock(document.get("lock"))),
            ]
        ),
        titled("distributions" if every else "changed by hand", _distributions(listed)),
        titled("machine", facts(machine(document.get("conditions") or {}))),
        marked(document.get("notes") or []),
    )


def _distributions(distributions: list[Document]) -> RenderableType | None:
    columns: list[Column] = [("", "left"), ("version", "left"), ("digest", "left"), ("", "left")]
    rows = [
        [item["name"], item["version"], short(item.get("digest")), lines(_remarks(item)) or Text()]
        for item in distributions
    ]
    return table(columns, rows)


def _remarks(item: Document) -> list[str | Text]:
    remarks: list[str | Text] = [
        Text(f"changed by hand: {path}", style="yellow") for path in item.get("tampered") or []
    ]
    return [*(["editable"] if item.get("editable") else []), *remarks]


def _lock(lock: Document | None) -> RenderableType | None:
    if lock is None or "complete" not in lock:
        return None
    if lock["complete"]:
        return f"complete, from {lock['source']}"
    return Text(f"lacks {'; '.join(lock['missing'])} (restrike env lock)", style="yellow")


def locked(document: Document) -> RenderableType:
    if document["complete"]:
        return Text.assemble(("complete", "bold green"), f"  {short(document['identity'])}, from {document['source']}")
    return stack(
        Text("incomplete", style="bold yellow"), titled("cannot be pinned by hash", lines(document["missing"]))
    )


def rebuilt(document: Document) -> RenderableType:
    how = f"built in {seconds(document['seconds'])}" if document["built"] else "was in the cache"
    mismatches = document["mismatches"]
    proof = Text(f"equal to the record: {counted(document['distributions'], 'distribution')}", style="bold green")
    if mismatches:
        proof = Text(
            f"{len(mismatches)} of {counted(document['distributions'], 'distribution')} differ from the record",
            style="bold red",
        )
    columns: list[Column] = [("", "left"), ("expected", "left"), ("found", "left"), ("", "left")]
    rows = [
        [item["distribution"], short(item["expected"]), short(item["found"]), item.get("detail") or ""]
        for item in mismatches
    ]
    return stack(
        facts([("environment", document["environment"]), ("path", str(document["path"])), ("", how), ("proof", proof)]),
        table(columns, rows),
        command(f"restrike reproduce {short(document['run'])}") if document.get("run") else None,
    )
