"""What a step is given: datasets at their declared paths, and the artifacts of earlier steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from restrike.execution.materials import PROJECT, Materials
from restrike.execution.sandbox import Mount
from restrike.pipeline.graph import Source, Step
from restrike.records.artifact import Artifact
from restrike.worker.seal import HOME


@dataclass(frozen=True)
class Given:
    """One input: what of it enters the step's key, what the worker is told, and where it is mounted.

    `mount` restores and verifies the bytes; it is called only for a step that is really executed.
    """

    seen: dict[str, Any]
    job: dict[str, Any]
    mount: Callable[[], Mount]

    @property
    def digest(self) -> str:
        """The digest of the bytes given."""
        return str(self.seen.get("data") or self.seen["digest"])


def dataset(name: str, declared: Mapping[str, Any], materials: Materials) -> Given:
    """Return a dataset as an input; `declared` holds its path, digest, kind and how to read it."""
    target = place_of(declared["path"])
    seen = {"data": declared["digest"], "path": declared["path"], "read": declared["read"]}
    job = {"path": target, "data": True, "read": declared["read"]}
    return Given(seen, job, lambda: Mount(materials.dataset(name), target))


def artifact(name: str, made: Artifact, bytes_given: str, materials: Materials) -> Given:
    """Return an artifact as an input; `bytes_given` addresses the bytes that stand for it."""
    target = f"/inputs/{name}{made.suffix}"
    seen = {"digest": bytes_given, "codec": made.codec, "engine": made.engine, "suffix": made.suffix}
    job = {"path": target, "codec": made.codec, "engine": made.engine}
    return Given(seen, job, lambda: Mount(materials.artifact(bytes_given, made.kind), target))


def place_of(path: str) -> str:
    """Return where data declared at a path lies inside the seal; one's home (`~/`) is the seal's there."""
    if path.startswith("~/"):
        return HOME + path[1:]
    return path if path.startswith("/") else str(PurePosixPath(PROJECT) / path)


def sources(step: Step) -> list[tuple[str, Source]]:
    return sorted(step.inputs.items())
