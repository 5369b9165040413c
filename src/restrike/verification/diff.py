"""How two runs differ: code, config, environment and data first, then what came of it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from restrike import data
from restrike.code import CodeRepository
from restrike.records.recorded import RecordedRun
from restrike.verification import compare
from restrike.verification.definitions import changed_definitions


def diff(a: RecordedRun, b: RecordedRun, repository: CodeRepository) -> dict[str, Any]:
    """Return the difference of two runs as `restrike diff --json` prints it."""
    return {
        "a": a.run,
        "b": b.run,
        "same_recipe": a.opening["recipe"] == b.opening["recipe"],
        "code": code(a, b, repository),
        "config": config(a.recipe, b.recipe),
        "environment": environment(a, b),
        "data": datasets(a, b),
        "engine": {"changed": a.recipe["engine"] != b.recipe["engine"]},
        "result": result(a, b),
    }


def code(a: RecordedRun, b: RecordedRun, repository: CodeRepository) -> dict[str, Any]:
    left, right = a.recipe["code"], b.recipe["code"]
    if left == right:
        return {"changed": False, "definitions": [], "files": []}
    commits = a.opening["commit"], b.opening["commit"]
    changes = repository.diff(*commits)
    sources = {change.path for change in changes if change.path.endswith(".py") and change.kind == "changed"}
    before, after = (repository.read(commit, sources) for commit in commits)
    definitions = [
        f"{path}:{name}" for path in sorted(sources) for name in changed_definitions(before[path], after[path])
    ]
    files = [{"path": change.path, "kind": change.kind, "patch": change.patch} for change in changes]
    files += _installed(left.get("installed", {}), right.get("installed", {}))
    return {"changed": True, "definitions": definitions, "files": files}


def _installed(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what differs in the metadata of distributions that are the project itself, as changes of files."""
    before, after = (
        {f"{name}/{file}": text for name, files in side.items() for file, text in files.items()} for side in (a, b)
    )
    for path in sorted(set(before) | set(after)):
        old, new = before.get(path), after.get(path)
        if old != new:
            kind = "added" if old is None else "removed" if new is None else "changed"
            lines = difflib.unified_diff((old or "").splitlines(), (new or "").splitlines(), path, path, lineterm="")
            yield {"path": path, "kind": kind, "patch": "\n".join(lines) + "\n"}


def config(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, Any]:
    """Return the differing keys of two recipes: those of the config, and the thread count that was resolved."""
    left = dict(_flat(a["config"])) | {"numeric.threads": a["numeric"]["threads"]}
    right = dict(_flat(b["config"])) | {"numeric.threads": b["numeric"]["threads"]}
    keys = [
        {"key": key, "a": left.get(key), "b": right.get(key)}
        for key in dict.fromkeys([*left, *right])
        if (key in left, _exact(left.get(key))) != (key in right, _exact(right.get(key)))
    ]
    return {"changed": bool(keys), "keys": keys}


def environment(a: RecordedRun, b: RecordedRun) -> dict[str, Any]:
    left, right = a.environment, b.environment
    before, after = left["distributions"], right["distributions"]
    distributions = [
        {"name": name, "a": _version(before.get(name)), "b": _version(after.get(name)), "used": None}
        for name in sorted(set(before) | set(after))
        if before.get(name) != after.get(name)
    ]
    platform = [
        {"name": name, "a": left.get(name), "b": right.get(name), "used": None}
        for name in sorted(set(left) | set(right))
        if name != "distributions" and left.get(name) != right.get(name)
    ]
    variables = [
        {"name": name, "a": a.recipe["variables"].get(name), "b": b.recipe["variables"].get(name), "used": None}
        for name in sorted(set(a.recipe["variables"]) | set(b.recipe["variables"]))
        if a.recipe["variables"].get(name) != b.recipe["variables"].get(name)
    ]
    return {
        "changed": bool(distributions or platform or variables),
        "distributions": distributions,
        "platform": platform,
        "variables": variables,
        "machine": a.opening["conditions"]["machine"] != b.opening["conditions"]["machine"],
    }


def datasets(a: RecordedRun, b: RecordedRun) -> dict[str, Any]:
    left, right = a.recipe["data"], b.recipe["data"]
    found = []
    for name in sorted(set(left) | set(right)):
        if left.get(name) == right.get(name):
            continue
        entry: dict[str, Any] = {"name": name, "a": left.get(name), "b": right.get(name)}
        same_place = name in left and name in right and a.opening["kinds"][name] == b.opening["kinds"][name]
        if same_place and left[name]["digest"] != right[name]["digest"]:
            entry |= _rows(a, name, left[name]["digest"], right[name]["digest"])
        found.append(entry)
    return {"changed": bool(found), "datasets": found}


def result(a: RecordedRun, b: RecordedRun) -> dict[str, Any]:
    """Return whether two runs have one result, which artifacts differ, and every metric of either."""
    left, right = a.closing or {}, b.closing or {}
    ours, theirs = a.artifacts, b.artifacts
    steps = []
    for address in dict.fromkeys([*ours, *theirs]):
        state = compare.judge_artifact(address, ours.get(address), theirs.get(address)).state
        steps.append({"artifact": address, "state": state})
    rows = compare.compare_metrics(
        left.get("metrics", {}), right.get("metrics", {}), left.get("slices", ()), right.get("slices", ())
    )
    metrics = [
        {name: row[name] for name in ("metric", "part", "slice")}
        | {"a": row["ours"], "b": row["theirs"], "delta": _delta(row["ours"], row["theirs"])}
        for row in rows
    ]
    same = left.get("result") is not None and left.get("result") == right.get("result")
    return {"identical": same, "steps": steps, "metrics": metrics}


def _rows(run: RecordedRun, name: str, before: str, after: str) -> dict[str, Any]:
    if run.opening["kinds"][name] != "file":
        return {}
    declared = run.config["document"]["data"][name]
    found = data.table_diff(run.ledger.store, before, after, declared.get("read") or {}, path=declared["path"])
    return dict(found) if found else {}


def _flat(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _flat(item, f"{prefix}.{key}" if prefix else key)
    else:
        yield prefix, value


def _exact(value: Any) -> str:
    """Return a text that keeps 1, 1.0, true and "1" apart."""
    return json.dumps(value, sort_keys=True)


def _version(distribution: Mapping[str, Any] | None) -> str | None:
    return None if distribution is None else f"{distribution['version']} ({distribution['digest'][:8]})"


def _delta(a: Any, b: Any) -> float | None:
    return b - a if isinstance(a, (int, float)) and isinstance(b, (int, float)) else None
