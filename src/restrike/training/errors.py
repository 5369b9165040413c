"""What a person must understand about their data and components; shown as a message, never as a traceback."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class TrainingError(Exception):
    """A mistake in the data or the config that only shows while a step runs. `hint` says what to do about it."""

    restrike_message = True

    def __init__(self, message: str, hint: str | None = None):
        super().__init__(message)
        self.message, self.hint = message, hint

    def __reduce__(self) -> tuple[type[TrainingError], tuple[str, str | None]]:
        return type(self), (self.message, self.hint)


class DataError(TrainingError):
    """The data are not what the config says they are."""


class ComponentError(TrainingError):
    """An estimator, transformer or metric cannot be imported, or refuses one of its parameters."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ` (did you mean 'x'?)` where one of the known names is close, else an empty text."""
    found = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" (did you mean '{found[0]}'?)" if found else ""
