"""Why the steps of a run were executed or reused: what the run noted when it decided, with the lines that changed."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from restrike.base.errors import RestrikeError
from restrike.code import CodeRepository, SnapshotTree
from restrike.execution.closures import Closures
from restrike.pipeline.graph import Step
from restrike.records.ledger import Ledger
from restrike.records.recorded import RecordedRun, read

SHOWN = 8  # lines of a difference
LARGEST = 1_000_000  # bytes of a file of which lines are told
NOT_KEPT = "the run did not keep the reason: it was interrupted, or recorded by an older version of restrike"
SKIPPED = "a step before it failed"


class Explanation:
    """Answers for one run; `close` it in the end."""

    def __init__(self, ledger: Ledger, repository: CodeRepository, recorded: RecordedRun):
        self._ledger, self._repository, self._recorded = ledger, repository, recorded
        self._trees: dict[str, SnapshotTree] = {}

    def brief(self, step: Step) -> dict[str, Any]:
        """Return what became of a step, and why in a sentence."""
        entry = self._recorded.entries.get(step.name) or {}
        state = entry.get("state") or "interrupted"
        why = entry.get("why") or {"because": "unknown", "text": NOT_KEPT, "compared": None, "changes": [], "more": 0}
        if state == "skipped":
            why = why | {"because": "skipped", "text": SKIPPED}
        return {"step": step.name, "state": state, **why}

    def full(self, step: Step) -> dict[str, Any]:
        """Return why a step was executed or reused, with the lines that changed and all that its reuse rests on."""
        told = self.brief(step)
        earlier = self._earlier(told["compared"])
        told["changes"] = [change | {"lines": list(self._lines(change, earlier))} for change in told["changes"]]
        told["started"] = earlier.opening["time"] if earlier else None
        return told | {"rests_on": self._rests_on(step)}

    def close(self) -> None:
        for tree in self._trees.values():
            tree.close()

    def _earlier(self, run: str | None) -> RecordedRun | None:
        try:
            return read(self._ledger, run) if run else None
        except RestrikeError:
            return None

    def _tree(self, recorded: RecordedRun) -> SnapshotTree:
        commit = recorded.opening["commit"]
        if commit not in self._trees:
            self._trees[commit] = self._repository.tree(commit)
        return self._trees[commit]

    def _lines(self, change: Mapping[str, Any], earlier: RecordedRun | None) -> Iterator[str]:
        if earlier is None or change["where"] is None or change["aspect"] not in ("code", "files"):
            return
        try:
            before, after = (_text(self._tree(run), change["where"]) for run in (earlier, self._recorded))
        except RestrikeError:
            return
        if before is None or after is None:
            return
        name = change["what"].partition(": ")[2].partition(" ")[0]
        yield from difference(definition(before, name), definition(after, name))

    def _rests_on(self, step: Step) -> dict[str, Any] | None:
        """Return what the execution that served depends on, in numbers; None where that was not noted."""
        record = self._recorded.step_records.get(step.name) or {}
        depends = record.get("depends")
        if depends is None:
            return None
        code, environment = depends["code"], depends["environment"]
        parts, widened = self._closure(step, code)
        return {
            "definitions": len([part for part in parts if not part.endswith(")")]),
            "modules": len({part.partition(":")[0].partition(" (")[0] for part in parts}),
            "files": len(code["looked_at"]),
            "folders": len(code["listed"]),
            "distributions": len(environment["distributions"]),
            "libraries": len(depends["libraries"]),
            "inputs": len(record["inputs"]),
            "all_code": code["whole"],
            "all_distributions": environment["whole"],
            "widened": [{"module": module, "why": why} for module, why in sorted(widened.items())],
        }

    def _closure(self, step: Step, code: Mapping[str, Any]) -> tuple[list[str], Mapping[str, str]]:
        if code["whole"] is not None:
            return [], {}
        try:
            closures = Closures(self._recorded.recipe["code"]["import_roots"])
            found = closures.of(self._tree(self._recorded), step, code)
        except RestrikeError:
            return [], {}
        return list(found.parts), found.widened


def definition(source: str, name: str) -> list[str]:
    """Return the lines of the top-level definition of a name; all lines where there is none."""
    lines = source.splitlines()
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return lines
    found = [node for node in body if name in _bound(node)]
    return [line for node in found for line in lines[_first(node) - 1 : node.end_lineno]] or lines


def difference(before: list[str], after: list[str]) -> Iterator[str]:
    """Yield the lines that went (`- `) and came (`+ `), as many as are shown."""
    changed = [line for line in difflib.unified_diff(before, after, n=0, lineterm="") if line[:2] != "@@"][2:]
    for line in changed[:SHOWN]:
        yield f"{line[0]} {line[1:]}"
    if len(changed) > SHOWN:
        yield f"... {len(changed) - SHOWN} more lines"


def _bound(node: ast.stmt) -> set[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    return {item.id for item in ast.walk(node) if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)}


def _first(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(item.lineno for item in decorators)])


def _text(tree: SnapshotTree, path: str) -> str | None:
    if path not in tree.files:
        return None
    data = tree.read(path)
    try:
        return data.decode("utf-8") if len(data) <= LARGEST else None
    except UnicodeDecodeError:
        return None
