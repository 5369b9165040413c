"""Git as a program: in the user's repository, where it must change and start nothing, and in restrike's own one."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from restrike.base import process
from restrike.base.errors import StorageFull
from restrike.code.errors import GitFailed

# Nothing of the user's may run and nothing may be written: no fsmonitor, hooks, external diffs or fetches of missing
# objects. Ownership is not checked, since what that check protects from (programs named in the config) is switched off.
QUIET = (
    "--no-pager",
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.untrackedCache=false"),
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.attributesFile=/dev/null"),
    *("-c", "protocol.allow=never"),
    *("-c", "safe.directory=*"),
)
_KEPT = ("GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM")
_EXCLUDES = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")


def variables(*, excludes: bool = False) -> dict[str, str]:
    """Return the environment for git: nothing inherited that redirects it, no configuration but the repository's.

    With `excludes` the user's own configuration stays, because it names ignore files.
    """
    kept = _KEPT + _EXCLUDES if excludes else _KEPT
    result = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in kept}
    result |= {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_ATTR_NOSYSTEM": "1",
        "LC_ALL": "C",
    }
    if not excludes:
        result |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}
    return result


def ask(
    folder: Path, *arguments: str, excludes: bool = False, more: Mapping[str, str] | None = None
) -> process.Completed:
    """Run a reading git command in a folder of the user's."""
    return process.call(
        ["git", *QUIET, *arguments], folder=folder, variables=variables(excludes=excludes) | dict(more or {})
    )


def own(
    git_dir: Path, arguments: Sequence[str], *, given: bytes | None = None, more: Mapping[str, str] | None = None
) -> bytes:
    """Run a git command in restrike's own repository and return its output; raise GitFailed if it fails."""
    done = process.call(own_command(arguments), folder=git_dir, variables=variables() | dict(more or {}), given=given)
    return checked(done, arguments[0], git_dir)


def own_command(arguments: Sequence[str]) -> list[str]:
    return ["git", "--no-pager", "-c", "safe.directory=*", "--git-dir=.", *arguments]


def checked(done: process.Completed, command: str, folder: Path) -> bytes:
    """Return the output of a git command that succeeded; raise StorageFull or GitFailed otherwise."""
    if done.ok:
        return done.output
    if b"No space left on device" in done.errors or b"Disk quota exceeded" in done.errors:
        raise StorageFull(
            f"no space left to write in '{folder}'; nothing recorded before is lost",
            hint="free some space (restrike store gc), then repeat the command",
        )
    raise GitFailed(
        f"'git {command}' failed (status {done.status})", where=str(folder), details=tuple(done.complaint.splitlines())
    )
