"""A patch, coloured line by line."""

from __future__ import annotations

from rich.text import Text

STYLES = {"+++": "bold", "---": "bold", "@@": "cyan", "diff": "bold", "+": "green", "-": "red"}


def coloured(patch: str) -> Text:
    """Return a patch in the colours that `git diff` has."""
    return Text("\n").join(Text(line, style=_style(line)) for line in patch.splitlines())


def _style(line: str) -> str:
    return next((style for start, style in STYLES.items() if line.startswith(start)), "")
