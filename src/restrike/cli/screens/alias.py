"""`restrike alias`: names and the runs they mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from restrike.cli.screens.layout import table
from restrike.cli.screens.words import short


def screen(document: Mapping[str, Any]) -> RenderableType:
    rows = [[name, Text(short(run), style="bold")] for name, run in document["aliases"].items()]
    return table([("alias", "left"), ("run", "left")], rows) or Text("no aliases yet", style="dim")
