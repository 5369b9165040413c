"""What goes wrong between a value and the bytes it is kept as."""

from __future__ import annotations

import pickle
import re

from restrike.base.errors import RestrikeError

# What the pickling and content hooks of somebody else's class may raise. Anything else is a defect worth its traceback.
HOOK_ERRORS = (
    TypeError,
    ValueError,
    AttributeError,
    LookupError,
    RuntimeError,
    ArithmeticError,
    AssertionError,
    ImportError,
    OSError,
    pickle.PickleError,
)


def message_of(error: BaseException) -> str:
    """Return an error's message on one line, without memory addresses: two executions must be able to fail alike."""
    text = re.sub(r" at 0x[0-9a-fA-F]+", "", " ".join(str(error).split()))
    return text[:300] or type(error).__name__


class CannotStore(RestrikeError):
    """A value returned by a step cannot be written to a file: a part cannot be pickled, or a path is not there."""

    code = "R650"


class CannotLoad(RestrikeError):
    """A stored artifact cannot be turned back into a value in this environment."""

    code = "R651"
    exit_code = 1


class CannotConvert(RestrikeError):
    """A step asks, by annotation, for a type that the artifact or dataset cannot be given as."""

    code = "R652"


class CannotRead(RestrikeError):
    """A data file does not hold what its `read:` section declares."""

    code = "R450"


class NoContentDigest(Exception):
    """A value holds something without a content that could be told; the byte digest stands in.

    `place` is the path from the value to the part at fault, as Python would write it after the value's name.
    """

    def __init__(self, place: str, reason: str):
        super().__init__(f"{place or 'the value'}: {reason}")
        self.place, self.reason = place, reason
