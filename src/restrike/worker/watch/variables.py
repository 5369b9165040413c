"""Environment variables that the user's own lines read."""

from __future__ import annotations

import os
import sys

from restrike.worker.trace import places as whose
from restrike.worker.trace.places import Places
from restrike.worker.trace.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

_MAPPING = ("collections.abc", "os")  # through which `get`, `in` and `getenv` come here


def watch(places: Places, record: Record) -> None:
    """Note readings of variables for the rest of this process; `os.environ` stays the object that it is."""
    original = os._Environ.__getitem__

    def read(this: Any, key: Any) -> Any:
        frame = _reader(places, sys._getframe().f_back)
        if frame is not None and isinstance(key, str):
            file, known = places.relative(frame.f_code.co_filename), this.encodekey(key) in this._data
            record.note("variable", key, file, frame.f_lineno, frame.f_code.co_name, known)
        return original(this, key)

    read.__code__ = read.__code__.replace(co_filename="<frozen os>", co_name="__getitem__")  # as tracebacks show it
    read.__name__, read.__qualname__, read.__module__ = "__getitem__", "_Environ.__getitem__", "os"
    os._Environ.__getitem__ = read  # type: ignore[method-assign]  # seeing who reads is the point


def _reader(places: Places, frame: FrameType | None) -> FrameType | None:
    while frame is not None:
        kind = places.kind(frame.f_code.co_filename)
        if kind == whose.OWN:
            return frame
        if kind != whose.OURS and frame.f_globals.get("__name__") not in _MAPPING:
            return None
        frame = frame.f_back
    return None
