"""The few forms that all screens are put together from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Group, RenderableType
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

STATES = {
    "executed": "green",
    "finished": "green",
    "reused": "dim",
    "failed": "bold red",
    "blocked": "bold red",
    "skipped": "yellow",
    "interrupted": "yellow",
    "running": "cyan",
}
VERDICTS = {
    "identical": "bold green",
    "equal": "bold cyan",
    "equivalent": "bold yellow",
    "different": "bold red",
    "could not judge": "bold magenta",
    "not judged": "magenta",
}
GATES = {"passed": "green", "EQUIVALENT": "green", "failed": "bold red", "REGRESSED": "bold red"}
Column = tuple[str, Literal["left", "right"]]


class Fitting:
    """The first of several pictures that the terminal has room for; the last one where it has room for none."""

    def __init__(self, first: RenderableType, *narrower: RenderableType):
        self._pictures = (first, *narrower)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self._fitting(console, options)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement.get(console, options, self._fitting(console, options))

    def _fitting(self, console: Console, options: ConsoleOptions) -> RenderableType:
        unbounded = options.update(max_width=10_000)
        for picture in self._pictures[:-1]:
            if Measurement.get(console, unbounded, picture).maximum <= options.max_width:
                return picture
        return self._pictures[-1]


def stack(*parts: RenderableType | None) -> Group:
    """Put parts one below the other with an empty line between; absent ones take no room."""
    shown: list[RenderableType] = []
    for part in parts:
        if part is not None:
            shown += [Text(), part] if shown else [part]
    return Group(*shown)


def titled(title: str, body: RenderableType | None) -> Group | None:
    """Put a title over a body that is set in; None where there is no body."""
    if body is None:
        return None
    return Group(Text(title, style="bold"), Padding(body, (0, 0, 0, 2)))


def table(columns: Sequence[Column], rows: Iterable[Sequence[RenderableType]]) -> Table | None:
    """Align rows under dim headings; None where there are no rows."""
    named = any(heading for heading, _ in columns)
    drawn = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim", show_header=named)
    for heading, side in columns:
        drawn.add_column(heading, justify=side, overflow="fold")
    for row in rows:
        drawn.add_row(*row)
    return drawn if drawn.row_count else None


def facts(pairs: Iterable[tuple[str, RenderableType | None]]) -> Table | None:
    """Align values behind their names; those that are absent or empty take no room."""
    drawn = Table.grid(padding=(0, 2, 0, 0))
    drawn.add_column(style="dim", no_wrap=True)
    drawn.add_column(overflow="fold")
    for name, value in pairs:
        if value is not None and value != "":
            drawn.add_row(name, value)
    return drawn if drawn.row_count else None


def lines(texts: Iterable[str | Text]) -> Group | None:
    """Put lines one below the other; None where there are none."""
    shown = [text if isinstance(text, Text) else Text(text) for text in texts]
    return Group(*shown) if shown else None


def state(word: str, styles: Mapping[str, str] = STATES) -> Text:
    return Text(word, style=styles.get(word, ""))


def command(line: str) -> Text:
    """Return a command as something to paste."""
    return Text(line, style="bold cyan")


def marked(notes: Iterable[Any], *, mark: str = "note", style: str = "cyan") -> Group | None:
    """Put a mark before each remark."""
    return lines(Text.assemble((mark, style), " ", str(note)) for note in notes)
