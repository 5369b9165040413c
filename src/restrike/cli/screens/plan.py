"""`restrike reproduce --plan`: what would be done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from restrike.cli.screens.layout import Column, command, facts, marked, stack, table, titled
from restrike.cli.screens.words import short, size

Document = Mapping[str, Any]


def screen(document: Document) -> RenderableType:
    environment = document.get("environment") or {}
    return stack(
        Text.assemble("to reproduce run ", (short(document["run"]), "bold")),
        titled(
            "restore",
            facts(
                [
                    ("commit", short(document.get("commit"))),
                    ("code", short(document.get("code"))),
                    ("config", short(document.get("config"))),
                    ("environment", _environment(environment)),
                ]
            ),
        ),
        titled("place", _data(document)),
        titled("execute", _steps(document)),
        marked(document.get("problems") or [], mark="missing", style="bold magenta"),
        command(f"restrike reproduce {short(document['run'])}"),
    )


def _environment(environment: Document) -> str:
    known = [short(environment.get("identity")), environment.get("python"), environment.get("state")]
    return ", ".join(str(item) for item in known if item)


def _data(document: Document) -> RenderableType | None:
    columns: list[Column] = [("", "left"), ("path", "left"), ("digest", "left"), ("size", "right")]
    rows = [
        [item["name"], item["path"], short(item["digest"]), size(item.get("size"))]
        for item in document.get("data") or []
    ]
    return table(columns, rows)


def _steps(document: Document) -> RenderableType | None:
    rows = [[step["name"], Text(step.get("use") or " ".join(step["command"]))] for step in document["steps"]]
    return table([("", "left"), ("", "left")], rows)
