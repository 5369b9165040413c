"""What a code snapshot consists of, as values, and its fingerprint."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from restrike.base import digest

FORMAT = "restrike.code/1"
MEGABYTE = 1_000_000

Reason = Literal[
    "large", "secret", "ignored by .restrikeignore", "excluded by snapshot.exclude", "not a UTF-8 name", "kept changing"
]


@dataclass(frozen=True)
class Limits:
    """What counts as code. Sizes are in bytes; `include` and `exclude` are patterns in .gitignore syntax.

    `include` beats git's ignore files, the secrets' rule, `.restrikeignore`, `exclude` and the size of a single file.
    """

    max_file: int = 10 * MEGABYTE
    max_total: int = 100 * MEGABYTE
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @classmethod
    def of(cls, section: Mapping[str, Any]) -> Limits:
        """Read the `snapshot` section of a resolved configuration."""
        return cls(
            max_file=int(section.get("max_file_mb", 10) * MEGABYTE),
            max_total=int(section.get("max_total_mb", 100) * MEGABYTE),
            include=tuple(section.get("include") or ()),
            exclude=tuple(section.get("exclude") or ()),
        )


@dataclass(frozen=True)
class LeftOut:
    """A file, or a whole folder (its path ends in `/`, its size is not known), that the snapshot does not hold."""

    path: str
    reason: Reason
    size: int | None = None


@dataclass(frozen=True)
class CodeFile:
    """A file of a snapshot. `mode` is git's: 100644, 100755 (executable) or 120000 (a link, content: its target)."""

    path: str
    mode: str
    digest: str
    size: int


@dataclass(frozen=True)
class FileChange:
    """How a file differs between two snapshots; `patch` is git's text, for reading."""

    path: str
    kind: Literal["added", "removed", "changed"]
    patch: str


@dataclass(frozen=True)
class Snapshot:
    """The project's code as captured, and where the user's own repository stood then.

    `dirty` says whether the code differs from HEAD (None without a commit to compare with), `patch` how; configuration
    files, declared data and secrets are in neither. `remotes` hold no credentials. `submodules` are the commits checked
    out in repositories inside the project, whose files are in the snapshot like all others.
    """

    commit: str
    fingerprint: str
    head: str | None = None
    branch: str | None = None
    detached: bool = False
    dirty: bool | None = None
    remotes: dict[str, str] = field(default_factory=dict)
    patch: str = ""
    submodules: dict[str, str] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return the snapshot for a run's record, without the patch, which is kept as an object of its own."""
        document = asdict(self)
        del document["patch"]
        document["left_out"] = [asdict(item) for item in self.left_out]
        return {"format": FORMAT, **document}


def fingerprint(files: Iterable[tuple[str, str, str]]) -> str:
    """Return the fingerprint of a snapshot from the (path, mode, SHA-256) of each of its files."""
    # The bytes are those of base.canonical, which a test holds this to; the C encoder is 30 times as fast.
    rows = [[f"!{path}" if path.startswith("!") else path, mode, sha256] for path, mode, sha256 in sorted(files)]
    text = json.dumps({"files": rows, "format": FORMAT}, ensure_ascii=False, separators=(",", ":"))
    return digest.of_bytes(text.encode("utf-8"))
