"""The live picture of work under way, on a terminal."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

from restrike.cli.events import Event

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live

PATIENCE = 1.0  # seconds before anything is drawn: most commands are done by then
ROWS = 16  # steps shown at once; of longer pipelines the finished ones are counted
GLYPHS = {"executed": "✓", "reused": "=", "failed": "✗", "skipped": "-"}
COLOURS = {"executed": "green", "reused": "dim", "failed": "red", "skipped": "yellow"}


class LiveTeller:
    """Tells on a terminal: lines scroll by above a picture of the phase and of the steps' states."""

    def __init__(self, *, colours: bool):
        self._colours = colours
        self._steps: dict[str, tuple[str, float]] = {}  # state, and seconds taken or (started) when it began
        self._phase: Event | None = None
        self._console: Console | None = None
        self._live: Live | None = None
        self._guard = threading.Lock()  # over what the picture shows; never held while something is drawn
        self._life = threading.Lock()  # over beginning and closing
        self._closed = False
        self._timer = threading.Timer(PATIENCE, self._begin)
        self._timer.daemon = True
        self._timer.start()

    def line(self, text: str, kind: str, step: str = "") -> None:
        from rich.text import Text

        colours = {"warning": "yellow", "note": "cyan"}
        shown = Text(f"{step or kind} ", style="dim" if step else colours.get(kind, ""))
        shown.append("| " if step else "", style="dim")
        shown.append_text(Text.from_ansi(text, style="" if self._colours else "none"))
        self._own_console().print(shown, soft_wrap=True)

    def state(self, event: Event) -> None:
        with self._guard:
            if event["event"] == "phase":
                self._phase = event
            elif event["state"] == "started":
                self._steps[event["step"]] = ("started", time.monotonic())
            else:
                self._steps[event["step"]] = (event["state"], event.get("seconds") or 0.0)

    def close(self) -> None:
        self._timer.cancel()
        with self._life:
            self._closed = True
            if self._live is not None:
                self._live.stop()

    def picture(self) -> RenderableType:
        """Return the picture as it stands now."""
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 1))
        with self._guard:
            steps = list(self._steps.items())
            phase = self._phase
        finished = [step for step in steps if step[1][0] != "started"]
        hidden = finished[: max(0, len(steps) - ROWS)]
        for name, (state, when) in [step for step in steps if step not in hidden]:
            seconds = time.monotonic() - when if state == "started" else when
            glyph = Text(GLYPHS.get(state, "·"), style=COLOURS.get(state, "cyan"))
            table.add_row(glyph, name, Text(f"{seconds:.1f} s" if state != "reused" else state, style="dim"))
        parts: list[RenderableType] = [Text(f"{len(hidden)} steps done", style="dim")] if hidden else []
        if phase is not None and not any(state == "started" for _, (state, _) in steps):
            parts.append(Text(_counted(phase), style="cyan"))
        return Group(table, *parts)

    def _begin(self) -> None:
        from rich.live import Live

        with self._life:
            if not self._closed:
                self._live = Live(
                    get_renderable=self.picture, console=self._own_console(), transient=True, refresh_per_second=8
                )
                self._live.start()

    def _own_console(self) -> Console:
        from rich.console import Console

        with self._guard:
            if self._console is None:
                self._console = Console(
                    file=sys.stderr, no_color=not self._colours, highlight=False, markup=False, emoji=False
                )
            return self._console


def _counted(phase: Event) -> str:
    done, total = phase.get("done"), phase.get("total")
    if done is None:
        return f"{phase['text']} ..."
    return f"{phase['text']} {done} of {total}" if total else f"{phase['text']} {done}"
