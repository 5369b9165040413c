"""A step's failure as a document: the user's own frames with the paths of the seal, without ours."""

from __future__ import annotations

import os
import traceback
from typing import Any

from restrike.base.errors import RestrikeError

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep  # the engine, built-in steps too
_TEXT_LIMIT = 200_000


class StepError(Exception):
    """What a step declares and what it is or does disagree; the message says it all, a traceback adds nothing."""

    def __init__(self, message: str, hint: str | None = None):
        super().__init__(message)
        self.hint = hint


def document(error: BaseException, *, origin: str = "step") -> dict[str, Any]:
    """Return type, message, frames and formatted traceback of a failure.

    `origin` is "step" (the user's code), "declaration" (see StepError), "command" or "seal" (restrike or the machine).
    """
    if isinstance(error, (StepError, RestrikeError)):
        origin = "declaration"
    told = traceback.TracebackException.from_exception(error)
    _strip(told, set())
    text = "" if origin == "declaration" else "".join(told.format())
    return {
        "origin": origin,
        "type": _name(type(error)),
        "message": _message(error),
        "hint": getattr(error, "hint", None) if origin == "declaration" else None,
        "missing": _missing(error),
        "missing_module": _missing_module(error),
        "frames": [
            {"file": frame.filename, "line": frame.lineno, "function": frame.name, "text": frame.line}
            for frame in told.stack
        ],
        "text": text
        if len(text) <= _TEXT_LIMIT
        else text[: _TEXT_LIMIT // 2] + "\n[...]\n" + text[-_TEXT_LIMIT // 2 :],
    }


def plain(kind: str, message: str, *, origin: str) -> dict[str, Any]:
    """Return a failure that is no exception: a command's exit status, a signal."""
    return {
        "origin": origin,
        "type": kind,
        "message": message,
        "hint": None,
        "missing": None,
        "missing_module": None,
        "frames": [],
        "text": f"{kind}: {message}\n",
    }


def _strip(told: traceback.TracebackException, seen: set[int]) -> None:
    if id(told) in seen:
        return
    seen.add(id(told))
    kept = [frame for frame in told.stack if not _is_plumbing(frame.filename)]
    told.stack[:] = kept
    inner = [told.__cause__, told.__context__, *(getattr(told, "exceptions", None) or ())]
    for other in inner:
        if other is not None:
            _strip(other, seen)


def _is_plumbing(file: str) -> bool:
    return file.startswith((_OURS, "<frozen importlib", "<frozen runpy"))


def _name(kind: type) -> str:
    return (
        kind.__qualname__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__qualname__}"
    )


def _message(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"the step called sys.exit({error.code!r})"
    if isinstance(error, KeyError) and len(error.args) == 1:
        return str(error.args[0])
    try:
        return str(error)
    except Exception:  # noqa: BLE001  # a user's exception may not even be printable
        return "<its message cannot be printed>"


def _missing(error: BaseException | None) -> str | None:
    """Return the file whose absence caused a failure, absolute, where the exception names one."""
    seen = 0
    while error is not None and seen < 20:
        if isinstance(error, FileNotFoundError) and isinstance(error.filename, (str, bytes)):
            return os.path.abspath(os.fsdecode(error.filename))
        error, seen = error.__cause__ or error.__context__, seen + 1
    return None


def _missing_module(error: BaseException | None) -> str | None:
    """Return the module whose absence caused a failure."""
    seen = 0
    while error is not None and seen < 20:
        if isinstance(error, ModuleNotFoundError) and error.name:
            return error.name
        error, seen = error.__cause__ or error.__context__, seen + 1
    return None
