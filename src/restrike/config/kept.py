"""Outcomes of loading, kept so that an unchanged configuration costs neither a YAML parser nor pydantic.

An entry is named by all that decides the outcome except the files that the main one extends; those are listed in the
entry and compared. An entry that does not check out is no entry. Specified in docs/design/config-cache.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from restrike import __version__
from restrike.base import atomic, canonical, digest
from restrike.base.errors import StorageFull, StorageReadOnly
from restrike.config.files import shown
from restrike.config.model import Config, recipe, steps_of

FORMAT = "restrike.config-cache/1"


def entry(cache: Path, main: bytes, project: Path, path: Path, flags: Sequence[str]) -> Path:
    """Return the file in which the outcome of loading is kept."""
    decides = [_rules(), digest.of_bytes(main), project.name, path.name, *flags]
    return cache / f"{digest.of_bytes(canonical.dumps(decides))}.json"


def read(file: Path, path: Path) -> Config | None:
    """Return a kept configuration, None if there is none or any file that it came from has changed."""
    try:
        sealed, _, data = file.read_bytes().partition(b"\n")
    except OSError:
        return None
    if sealed != digest.of_bytes(data).encode():
        return None
    kept = canonical.loads(data)
    project = path.parent
    sources = [path]
    for name, expected in kept["extends"]:
        source = Path(project, name)
        try:
            if digest.of_bytes(source.read_bytes()) != expected:
                return None
        except OSError:
            return None
        sources.append(source)
    return _config(path, tuple(sources), kept)


def write(file: Path, config: Config, contents: Sequence[bytes]) -> None:
    """Keep a configuration. A cache that cannot be written to is no cache, not an error."""
    extends = [
        [shown(source, config.path.parent), digest.of_bytes(data)]
        for source, data in zip(config.sources[1:], contents[1:], strict=True)
    ]
    kept = {
        "format": FORMAT,
        "extends": extends,
        "document": config.document,
        "origins": config.origins,
        "order": [step.name for step in config.steps],
    }
    data = canonical.dumps(kept)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        atomic.write(file, digest.of_bytes(data).encode() + b"\n" + data, durable=False)
    except (StorageFull, StorageReadOnly, OSError):
        return


def _config(path: Path, sources: tuple[Path, ...], kept: dict[str, Any]) -> Config:
    document = kept["document"]
    return Config(path, sources, document, recipe(document), steps_of(document, kept["order"]), kept["origins"])


def _rules() -> str:
    """Return a digest of the rules that turn text into a configuration: the source of all that takes part."""
    hasher = hashlib.sha256(__version__.encode())
    room = Path(__file__).parent
    further = (
        room.parent / part for part in ("evaluation/expression.py", "evaluation/metrics.py", "pipeline/graph.py")
    )
    for file in (*sorted(room.glob("*.py")), *further):
        hasher.update(file.read_bytes())
    return hasher.hexdigest()
