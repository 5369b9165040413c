"""The environment as a snapshot: its identity, every distribution, and the conditions beside it.

A capture costs stats when nothing changed: the whole answer is kept with a digest over the stat of every file that it
depends on. When something changed, the digests of unchanged files are still known one by one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from restrike import __version__
from restrike.base import atomic, digest
from restrike.environment import conda, conditions, tree
from restrike.environment.distributions import UNOWNED, Distribution, Reader, Rows
from restrike.environment.hashes import FileDigests
from restrike.environment.interpreter import Interpreter, outermost

FORMAT = "restrike.environment/1"
CACHE_FORMAT = "restrike.environment-cache/3"


@dataclass(frozen=True)
class Environment:
    """What a project's steps run in. `document` is what the recipe names by `identity`."""

    identity: str
    document: dict[str, Any]
    distributions: tuple[Distribution, ...]
    conditions: dict[str, Any]
    interpreter: Interpreter
    seal_paths: tuple[Path, ...]  # folders that a sealed process needs, read-only, each at its own path
    notes: tuple[str, ...]  # what a user should know about it
    cache: Path


def capture(interpreter: Interpreter, *, project: Path, cache: Path) -> Environment:
    """Return the environment as it is installed now. `cache` is a folder whose content may be deleted at any time."""
    distributions = _kept(cache, interpreter, project)
    if distributions is None:
        distributions = _read(interpreter, project, cache)
    document = _document(interpreter, distributions)
    outside = [one.location for one in distributions if one.editable and not one.first_party]
    return Environment(
        identity=digest.fingerprint(document),
        document=document,
        distributions=distributions,
        conditions={**conditions.machine(), **conditions.of(interpreter)},
        interpreter=interpreter,
        seal_paths=outermost([*interpreter.seal_paths, *outside]),
        notes=tuple(_notes(distributions)),
        cache=cache,
    )


def files(environment: Environment, *, project: Path) -> dict[str, dict[str, str]]:
    """Return the SHA-256 of every file that counts, by distribution and path: what its digests are made of."""
    digests = FileDigests(_digests_file(environment.cache))
    reader = Reader(project, environment.interpreter.prefix, digests)
    return {rows.distribution.name: rows.rows for rows in _all(reader, environment.interpreter)}


def _document(interpreter: Interpreter, distributions: Iterable[Distribution]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "implementation": interpreter.implementation,
        "python": interpreter.python,
        "soabi": interpreter.soabi,
        "os": interpreter.os,
        "arch": interpreter.arch,
        "libc": interpreter.libc,
        "distributions": {
            found.name: {"version": found.version, "digest": found.digest}
            for found in distributions
            if not found.first_party
        },
    }


def _read(interpreter: Interpreter, project: Path, cache: Path) -> tuple[Distribution, ...]:
    cache.mkdir(parents=True, exist_ok=True)
    digests = FileDigests(_digests_file(cache))
    reader = Reader(project, interpreter.prefix, digests)
    distributions = tuple(sorted((rows.distribution for rows in _all(reader, interpreter)), key=lambda one: one.name))
    digests.save()
    if digests.settled:
        _keep(cache, interpreter, project, reader, distributions)
    return distributions


def _all(reader: Reader, interpreter: Interpreter) -> list[Rows]:
    """Return the rows of every distribution, names made unique: the one that is imported keeps its own."""
    found: dict[str, Rows] = {}
    rows = [*reader.read(interpreter.site_packages), *conda.read(reader, interpreter)]
    # In one folder with two metadata folders for a name, an interrupted upgrade, the intact one is what is installed.
    order = {str(path): place for place, path in enumerate(interpreter.site_packages)}
    for one in sorted(rows, key=lambda one: (order.get(str(one.distribution.location), 0), _damage(one))):
        name = one.distribution.name
        if name in found:
            name = f"{name} (also {one.distribution.version})"
        while name in found:
            name += "'"
        found[name] = Rows(replace(one.distribution, name=name), one.rows)
    return list(found.values())


def _damage(rows: Rows) -> tuple[int, str]:
    return len(rows.distribution.tampered), rows.distribution.version


def _notes(distributions: Iterable[Distribution]) -> Iterable[str]:
    for one in distributions:
        if one.tampered:
            more = f" and {len(one.tampered) - 3} more" if len(one.tampered) > 3 else ""
            shown = ", ".join(one.tampered[:3]) + more
            yield f"'{one.name}' was changed after it was installed: {shown}"
        if one.editable and not one.first_party:
            yield f"'{one.name}' is installed editable from '{one.location}', outside the project: it is not sealed"
        if " (also " in one.name:
            yield f"'{one.name.partition(' ')[0]}' is installed twice; version {one.version} is the hidden one"
        if one.name == UNOWNED:
            yield f"{one.files} modules or .pth files in '{one.location}' belong to no distribution; they count as well"


def _digests_file(cache: Path) -> Path:
    return cache / "environment.files.json"


def _answer_file(cache: Path) -> Path:
    return cache / "environment.json"


def _key(interpreter: Interpreter, project: Path) -> dict[str, Any]:
    return {
        "restrike": __version__,
        "project": os.path.realpath(project),
        "executable": str(interpreter.executable),
        "python": interpreter.build,
        "site_packages": [str(path) for path in interpreter.site_packages],
    }


def _keep(
    cache: Path, interpreter: Interpreter, project: Path, reader: Reader, distributions: Iterable[Distribution]
) -> None:
    document = {
        "format": CACHE_FORMAT,
        "key": _key(interpreter, project),
        "installed": list(reader.installed),
        "sources": list(reader.sources),
        "extras": list(reader.extras),
        "state": tree.state([*reader.installed.values(), *reader.sources.values(), reader.extras]),
        "distributions": [asdict(one) for one in distributions],
    }
    atomic.write(_answer_file(cache), json.dumps(document, default=str).encode(), durable=False)


def _kept(cache: Path, interpreter: Interpreter, project: Path) -> tuple[Distribution, ...] | None:
    try:
        document = json.loads(_answer_file(cache).read_bytes())
        if document["format"] != CACHE_FORMAT or document["key"] != _key(interpreter, project):
            return None
        trees = [tree.installed(Path(root)) for root in document["installed"]]
        trees += [tree.sources(Path(root)) for root in document["sources"]]
        if document["state"] != tree.state([*trees, {path: tree.stat_of(path) for path in document["extras"]}]):
            return None
        return tuple(_distribution(one) for one in document["distributions"])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # a cache that cannot be read is an empty one


def _distribution(document: dict[str, Any]) -> Distribution:
    values = {field.name: document[field.name] for field in fields(Distribution)}
    values["tampered"] = tuple(values["tampered"])
    values["provides"] = tuple(values["provides"])
    values["location"] = Path(values["location"])
    values["source"] = Path(values["source"]) if values["source"] else None
    return Distribution(**values)
