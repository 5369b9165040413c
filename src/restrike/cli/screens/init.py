"""`restrike init`: what was made, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from restrike.cli.screens.layout import command, lines, marked, stack, titled


def screen(document: Mapping[str, Any]) -> RenderableType:
    return stack(
        Text.assemble("project ", (str(document["project"]), "bold")),
        titled("created", lines(str(item) for item in document["created"])),
        marked(document.get("notes") or []),
        titled("next", lines(command(line) for line in document.get("next") or [])),
    )
