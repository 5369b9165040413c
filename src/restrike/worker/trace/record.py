"""What was seen, each thing once: kept in the step's own process, and told by others as it happens."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Value = str | int | bool
    Sink = Callable[[str, tuple[Value, ...]], None]

MOST = 20_000  # things of one kind that are kept; a step that uses more of one kind is told as incompletely known


class Record:
    """Sets of things, by kind. A process other than the step's own has a `sink`, which is told of each new thing."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[tuple[Value, ...], None]] = {}
        self.sink: Sink | None = None
        self.active = True

    def note(self, kind: str, *value: Value) -> None:
        """Keep a thing, unless it is known."""
        known = self._seen.get(kind)
        if known is None:
            known = self._seen[kind] = {}
        if value in known or not self.active:
            return
        if len(known) >= MOST:
            kind, value = "incomplete", (f"it used more than {MOST:,} things of the kind '{kind}'",)
            known = self._seen.setdefault(kind, {})
        known[value] = None
        if self.sink is not None:
            self.sink(kind, value)

    def of(self, kind: str) -> Iterable[tuple[Value, ...]]:
        """Return what was seen of a kind, in the order in which it was first seen."""
        return list(self._seen.get(kind, ()))

    def keep(self, kind: str, values: Iterable[tuple[Value, ...]]) -> None:
        """Forget what was seen of a kind, but for some of it."""
        self._seen[kind] = dict.fromkeys(values)

    def texts(self, kind: str) -> list[str]:
        """Return what was seen of a kind that is a text, sorted."""
        return sorted(str(value[0]) for value in self._seen.get(kind, ()))
