"""What a sandbox is told and what it tells: seals, work and outcomes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from restrike.execution.sandbox.proxy import Asked
from restrike.worker import seal

Network = Literal["none", "hosts", "all"]  # what of it a zygote's steps have


@dataclass(frozen=True)
class Mount:
    """A file or folder of the machine and the place it has inside the seal."""

    source: Path
    target: str
    writable: bool = False


@dataclass(frozen=True)
class Disguise:
    """What is made to look otherwise than in an ordinary execution, to see whether a step minds.

    `home` is what `/etc/passwd` says, and nothing more. `cores` is how many it may use; `online` how many the system
    counts. `fixed_addresses` has memory laid out alike in every process.
    """

    user: str = "restrike"
    home: str = seal.HOME
    cores: int | None = None
    online: int | None = None
    fixed_addresses: bool = False


ORDINARY = Disguise()


@dataclass(frozen=True)
class Seal:
    """What all steps of a run have in common.

    `engine` is the folder that holds `restrike/`, `code` the restored snapshot, `import_roots` are relative to it, or
    absolute inside `environment`.
    `variables` are the whole environment. `preload` names modules of installed distributions, never of the project.
    `hidden` are folders of the machine (the project, the user's home) that stay out of sight even where a system
    folder would show them.
    """

    interpreter: Path
    environment: tuple[Mount, ...]
    engine: Path
    code: Path
    import_roots: tuple[str, ...]
    variables: dict[str, str]
    preload: tuple[str, ...] = ()
    hidden: tuple[Path, ...] = ()
    disguise: Disguise = ORDINARY


@dataclass(frozen=True)
class Work:
    """One job for a process of its own. `timeout` is wall time in seconds; `secrets` are variables never recorded.

    `network` is all of it, none, or the hosts that the step may reach by name (see `restrike.pipeline.hosts`).
    `light` keeps a step off the preloaded zygote: worth it for a step that needs nothing of what it has imported.
    """

    step: str
    job: dict[str, Any]
    mounts: tuple[Mount, ...]
    outputs: Path
    timeout: float | None = None
    network: bool | tuple[str, ...] = False
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    light: bool = False

    @property
    def reach(self) -> Network:
        return "none" if not self.network else "all" if self.network is True else "hosts"


@dataclass(frozen=True)
class Lookup:
    """A name that a step asked the file system, or the network, for.

    `kind` is stat, open, write (made where it is missing), update (the same, to be read as well), exec or connect;
    import is a module that was not found, at a place where it could have been. `by` is "program" if a source of the
    project was opened by another program than the environment's Python. Programs are told wherever they lie.
    """

    path: str
    found: bool
    kind: str
    by: Literal["python", "program"] = "python"
    listed: int = 0  # how often it was opened as a folder


@dataclass(frozen=True)
class Outcome:
    """How work ended. `result` is the worker's document; on a failure its `error` says what, for every `state`.

    `cpu_seconds` and `max_rss` (bytes) include the processes that the step started and waited for. `untraced` says why
    look-ups are not known, where they are not. `asked` is what a step asked the network for that was granted hosts by
    name; it is all that it asked for unless the proxy was ended from outside.
    """

    state: Literal["ok", "failed", "timed out", "killed"]
    result: dict[str, Any]
    lookups: tuple[Lookup, ...]
    cpu_seconds: float
    wall_seconds: float
    max_rss: int
    untraced: str | None = None
    asked: tuple[Asked, ...] = ()
    all_asked: bool = True
