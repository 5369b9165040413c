"""What can go wrong with code snapshots (R2xx)."""

from __future__ import annotations

from restrike.base.errors import RestrikeError


class SnapshotMissing(RestrikeError):
    """The store does not hold the code snapshot that was asked for."""

    code = "R201"
    exit_code = 1


class SnapshotCorrupt(RestrikeError):
    """A stored code snapshot no longer has the bytes that were captured; nothing of it is handed out."""

    code = "R202"
    exit_code = 1


class SnapshotTooLarge(RestrikeError):
    """The files that count as code are larger in all than `snapshot.max_total_mb` allows."""

    code = "R203"


class CodeUnreadable(RestrikeError):
    """A file of the project that belongs to the code cannot be read."""

    code = "R204"


class GitFailed(RestrikeError):
    """Git refused to read the project's repository or restrike's own one."""

    code = "R205"
    exit_code = 1
