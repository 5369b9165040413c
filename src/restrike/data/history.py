"""The versions that a dataset has had, as its records in the ledger tell."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any

from restrike.data.errors import DatasetUnknown
from restrike.store import Store

FORMAT = "restrike.dataset/1"
Records = Iterable[tuple[str, dict[str, Any]]]

_MARK = b'"format":"restrike.dataset/1"'
_LAST = re.compile(r"@last(?:~(\d{1,6}))?")


def datasets(store: Store, records: Records | None = None) -> dict[str, list[dict[str, Any]]]:
    """Return each dataset's records, oldest first, each with its own digest as `record`.

    `records` saves reading the ledger where an index has them already. Damaged ones are left out.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for digest, record in _read(store) if records is None else records:
        if record["format"] == FORMAT:
            found.setdefault(record["name"], []).append({**record, "record": digest})
    for versions in found.values():
        versions.sort(key=lambda version: (version["made"]["time"], version["record"]))
    return found


def _read(store: Store) -> Records:
    return store.records(containing=_MARK, damaged=lambda error: None)


def log(store: Store, name: str, *, records: Records | None = None) -> list[dict[str, Any]]:
    """Return the records of a dataset's versions, oldest first. Raise DatasetUnknown."""
    known = datasets(store, records)
    if name not in known:
        raise unknown(name, known)
    return known[name]


def unknown(name: str, known: Iterable[str]) -> DatasetUnknown:
    """Return the error for a name that no dataset has, with the nearest that one has."""
    near = difflib.get_close_matches(name, known := sorted(known), n=1, cutoff=0.4) or known[:1]
    hint = f"restrike data log {near[0]}" if near else "restrike data add PATH"
    return DatasetUnknown(f"no dataset '{name}' is recorded", hint=hint)


def version_of(versions: list[dict[str, Any]], version: str) -> dict[str, Any]:
    """Return the version that is meant by `@last`, `@last~2` or the beginning of a digest. Raise DatasetUnknown."""
    name = versions[0]["name"]
    if match := _LAST.fullmatch(version):
        back = int(match[1] or 0)
        if back < len(versions):
            return versions[-1 - back]
        raise DatasetUnknown(f"dataset '{name}' has {len(versions)} versions, so there is no '{version}'")
    meant = {found["digest"]: found for found in versions if version and found["digest"].startswith(version)}
    if len(meant) == 1:
        return next(iter(meant.values()))
    problem = "is the beginning of several versions" if meant else "is no version"
    raise DatasetUnknown(f"'{version}' {problem} of dataset '{name}'", hint=f"restrike data log {name}")
