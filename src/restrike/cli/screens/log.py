"""`restrike log`: what steps printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.text import Text


def screen(document: Sequence[Mapping[str, Any]]) -> RenderableType:
    """Draw lines in order; after the step's name where more than one step printed something."""
    steps = dict.fromkeys(entry["step"] for entry in document)
    width = max(map(len, steps), default=0)
    shown = Text()
    for step, line in _lines(document):
        if len(steps) > 1:
            shown.append(f"{step:<{width}} | ", style="dim")
        shown.append_text(Text.from_ansi(line)).append("\n")
    shown.rstrip()
    return shown


def _lines(document: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Put a line together from the pieces in which it was written, though other steps wrote in between."""
    done: list[tuple[str, str]] = []
    begun: dict[tuple[str, str], str] = {}
    for entry in document:
        source = entry["step"], entry.get("stream", "")
        *lines, rest = (begun.pop(source, "") + entry["text"]).split("\n")
        done += [(entry["step"], line) for line in lines]
        if rest:
            begun[source] = rest
    return done + [(step, rest) for (step, _), rest in begun.items()]
