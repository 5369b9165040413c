"""What can go wrong with somebody's Python, told to them."""

from __future__ import annotations

from restrike.base.errors import RestrikeError


class InterpreterMissing(RestrikeError):
    """The Python that `environment.python`, the active environment or `.venv` names is not there or does not start."""

    code = "R301"


class InterpreterTooOld(RestrikeError):
    """The project's Python is older than 3.10, the oldest that can execute steps."""

    code = "R302"


class LockIncomplete(RestrikeError):
    """A recorded environment cannot be rebuilt, because its lock does not say where some distributions come from."""

    code = "R303"
    exit_code = 1


class RebuildFailed(RestrikeError):
    """A recorded environment could not be installed again from its lock."""

    code = "R304"
    exit_code = 1


class PythonUnavailable(RestrikeError):
    """This machine has no Python of the version that a recorded environment used."""

    code = "R305"
    exit_code = 1


class LockFailed(RestrikeError):
    """uv could not say which hashes the installed distributions have."""

    code = "R306"
    exit_code = 1


class EnvironmentUnreadable(RestrikeError):
    """An installed file could not be read: it may not be, or it vanished while the environment was looked at."""

    code = "R307"
    exit_code = 1
