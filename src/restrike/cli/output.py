"""The answer of a command on standard output: a screen for people, one document for programs, a word for scripts."""

from __future__ import annotations

import math
import shutil
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from restrike.cli.options import Options

if TYPE_CHECKING:
    from rich.console import RenderableType

PIPED_WIDTH = 100  # columns, where there is no terminal to ask

Document = dict[str, Any]
Screen = Callable[[Any], "RenderableType"]


def answer(options: Options, document: Any, screen: Screen, *, brief: Callable[[Any], str] | None = None) -> None:
    """Print a document of the API: as JSON, as the bare answer (`--quiet`) where there is one, or drawn."""
    if options.json:
        text = as_json(document)
    elif options.quiet and brief is not None:
        text = brief(document)
    else:
        text = drawn(screen(document), colours=options.colours(sys.stdout))
    if text:
        print(text, flush=True)


def aside(options: Options, renderable: RenderableType | None) -> None:
    """Print on standard error what a quiet command must still say."""
    if renderable is not None:
        print(drawn(renderable, colours=options.colours(sys.stderr)), file=sys.stderr, flush=True)


def as_json(document: Any) -> str:
    """Return a document as JSON; numbers that JSON lacks are written as in restrike's records ("!nan", "!inf")."""
    import json

    return json.dumps(_plain(document), indent=2, ensure_ascii=False, allow_nan=False)


def drawn(renderable: RenderableType, *, colours: bool = False, width: int | None = None) -> str:
    """Return what a screen looks like, as text for a terminal or, without colours, for a file."""
    import io

    from rich.console import Console

    columns = width or shutil.get_terminal_size((PIPED_WIDTH, 40)).columns
    console = Console(
        file=io.StringIO(),
        width=columns,
        force_terminal=colours,
        color_system="auto" if colours else None,
        no_color=not colours,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    console.print(renderable, crop=False)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "!nan" if math.isnan(value) else "!inf" if value > 0 else "!-inf"
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
