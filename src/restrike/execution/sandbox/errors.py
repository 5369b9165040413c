"""What can keep a sandbox from working; what goes wrong inside a step is an outcome, not an error."""

from __future__ import annotations

from restrike.base.errors import RestrikeError


class SealFailed(RestrikeError):
    """A step could not be sealed: something that it declares cannot be placed, or the machine refused."""

    code = "R610"
    exit_code = 1


class SandboxFailed(RestrikeError):
    """The environment's Python could not be started inside the seal."""

    code = "R611"
    exit_code = 1
