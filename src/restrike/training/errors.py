"""What a person must understand about their data and components; shown as a message, never as a traceback."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from restrike.base.errors import RestrikeError


class DataError(RestrikeError):
    """The data are not what the config says: a column is missing, a part of the split empty, a number not a number."""

    code = "R460"
    restrike_message = True

    def __init__(self, message: str, hint: str | None = None):
        super().__init__(message, hint=hint)


class ComponentError(RestrikeError):
    """An estimator or transformer cannot be imported, refuses a parameter, or is none."""

    code = "R660"
    restrike_message = True

    def __init__(self, message: str, hint: str | None = None):
        super().__init__(message, hint=hint)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ` (did you mean 'x'?)` where one of the known names is close, else an empty text."""
    found = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" (did you mean '{found[0]}'?)" if found else ""
