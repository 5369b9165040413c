"""What conda installed beside Python packages: native libraries, the interpreter itself.

conda's own record gives each file's digest in the package and, where the prefix was written into it, in place. A file
that is as conda left it counts with the former, so the same package has the same digest wherever the prefix lies.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from restrike.environment import tree
from restrike.environment.distributions import Distribution, Reader, Rows, digest_of
from restrike.environment.interpreter import Interpreter
from restrike.environment.metadata import normalised

_NOT_PART = ("include/", "share/doc/", "share/man/", "conda-meta/")


def read(reader: Reader, interpreter: Interpreter) -> Iterator[Rows]:
    """Yield conda's packages other than those that are Python distributions with metadata of their own."""
    records = sorted((interpreter.prefix / "conda-meta").glob("*.json"))
    owned = {
        os.path.relpath(os.path.join(root, path), interpreter.prefix)
        for root, files in reader.installed.items()
        for path in files
    }
    for path in records:
        reader.extras[str(path)] = tree.stat_of(path)
        record = json.loads(path.read_bytes())
        files = record.get("paths_data", {}).get("paths", [])
        if not any(file["_path"] in owned for file in files):
            yield _package(reader, interpreter.prefix, record, files)


def _package(reader: Reader, prefix: Path, record: dict[str, Any], files: list[dict[str, Any]]) -> Rows:
    rows: dict[str, str] = {}
    tampered = []
    for file in files:
        name = file["_path"]
        if "sha256" not in file or name.startswith(_NOT_PART) or name.endswith(".pyc"):
            continue
        full = str(prefix / name)
        reader.extras[full] = stat = tree.stat_of(full)
        if stat is None:
            tampered.append(f"{name} (missing)")
            continue
        actual = reader.digests.of(full, stat)
        intact = actual == file.get("sha256_in_prefix", file["sha256"])
        rows["{prefix}/" + name] = file["sha256"] if intact else actual
        if not intact:
            tampered.append(name)
    found = Distribution(
        name=f"conda:{normalised(record['name'])}",
        version=f"{record['version']}-{record.get('build', '0')}",
        digest=digest_of(rows),
        tag=None,
        editable=False,
        first_party=False,
        tampered=tuple(sorted(tampered)),
        files=len(rows),
        location=prefix,
        how="conda",
        at_start=True,
    )
    return Rows(found, rows)
