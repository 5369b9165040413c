"""What a user is told when something cannot be done: what, where, and what to do about it.

Every room derives its own errors from the classes here and gives each a stable code (`R###`) that has an entry in
`docs/reference/errors.md`. Codes by room: R0 project and general, R1 config, R2 code, R3 environment, R4 data,
R5 store, R6 steps, R7 run IDs and records, R8 verification.
"""

from __future__ import annotations

from typing import Any, ClassVar


class RestrikeError(Exception):
    """An expected failure, told without a traceback.

    `what` is one sentence in lower case with the subject quoted; `where` is `file:line:column`, a step or a run;
    `hint` is a command or a line that works when pasted; `details` are further lines, one problem each.
    """

    code: ClassVar[str] = "R000"
    exit_code: ClassVar[int] = 2

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None, details: tuple[str, ...] = ()):
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint
        self.details = details

    def document(self) -> dict[str, Any]:
        """Return the error as the `error` object that `--json` prints."""
        return {
            "code": self.code,
            "what": self.what,
            "where": self.where,
            "hint": self.hint,
            "details": list(self.details),
        }


class ProgramMissing(RestrikeError):
    """A program of the system that restrike drives (git, uv) is not installed."""

    code = "R001"


class StorageFull(RestrikeError):
    """The disk is full or the quota is used up; what was recorded before is intact."""

    code = "R002"
    exit_code = 1


class StorageReadOnly(RestrikeError):
    """A folder that has to be written to cannot be."""

    code = "R003"
