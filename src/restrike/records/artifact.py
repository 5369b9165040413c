"""What a step made: where its bytes are, what they mean and how they compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Artifact:
    """One output of a step run.

    `digest` addresses the bytes in the store (of a folder: its manifest); `content` is the content digest, for
    verdicts, `input` the stricter one, for keys; both are None where the value has no content digest. `volatile` names
    what the content digest leaves out. `suffix` is the file name's ending that consumers see.
    """

    codec: str
    kind: str
    digest: str
    size: int
    content: str | None = None
    input: str | None = None
    executes_code: bool = False
    volatile: tuple[str, ...] = ()
    engine: str | None = None
    notes: tuple[str, ...] = ()
    suffix: str = ""
    role: str = field(default="artifact")  # or "metrics"

    def document(self) -> dict[str, Any]:
        return {**asdict(self), "volatile": list(self.volatile), "notes": list(self.notes)}


def from_document(document: Mapping[str, Any]) -> Artifact:
    values = dict(document)
    values["volatile"] = tuple(values["volatile"])
    values["notes"] = tuple(values["notes"])
    return Artifact(**values)
