"""What was seen so far, kept on disk, so that an interrupted comparison goes on where it stopped."""

from __future__ import annotations

import datetime
import hashlib
import json
from pathlib import Path
from typing import Any

from mutations import Mutation
from tool import HERE, Tool
from trial import Execution

HARNESS = ("edits.py", "environments.py", "trial.py")
RESTRIKE = HERE.parents[1] / "src" / "restrike"


class Results:
    """What one tool did; where the tool, the project or the mutation has changed since, it does not count."""

    def __init__(self, root: Path, tool: Tool) -> None:
        self._path = root / "results" / f"{tool.label}.json"
        self._basis = _basis(tool)
        self._kept: dict[str, dict[str, Any]] = json.loads(self._path.read_text()) if self._path.exists() else {}

    def get(self, mutation: Mutation) -> Execution | None:
        kept = self._kept.get(mutation.name)
        if kept is None or kept["basis"] != self._digest(mutation):
            return None
        return Execution(kept["values"], tuple(kept["executed"]))

    def put(self, mutation: Mutation, execution: Execution) -> None:
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        self._kept[mutation.name] = {
            "basis": self._digest(mutation),
            "measured": today,
            "values": execution.values,
            "executed": execution.executed,
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_suffix(".new")
        temporary.write_text(json.dumps(self._kept, indent=1, sort_keys=True))
        temporary.replace(self._path)

    def last_measured(self) -> str:
        """Return the day of the newest execution, in ISO form; nothing where there was none."""
        return max((kept["measured"] for kept in self._kept.values()), default="")

    def _digest(self, mutation: Mutation) -> str:
        return hashlib.sha256(self._basis + repr(mutation).encode()).hexdigest()


def _basis(tool: Tool) -> bytes:
    told = (tool.command, tool.adapt, tool.prepare, sorted(tool.variables.items()), tool.counts, tool.own_python)
    digest = hashlib.sha256(repr(told).encode())
    files = [HERE / name for name in HARNESS] + [*(HERE / "project").rglob("*"), *tool.folder.rglob("*")]
    files += RESTRIKE.rglob("*.py") if tool.key == "restrike" else []
    for path in sorted(path for path in files if path.is_file() and path.suffix != ".pyc"):
        digest.update(f"{path.relative_to(HERE.parents[1])}\n".encode() + path.read_bytes())
    return digest.digest()
