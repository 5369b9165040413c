"""Runs as the documents that the commands print with `--json`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from restrike.execution.process import is_alive
from restrike.execution.runner import Progress
from restrike.records.recorded import RecordedRun

SEAL_PROJECT = "/project/"


class Notes:
    """Passes progress on, with paths as the user knows them, and keeps the notes for the document."""

    def __init__(self, progress: Progress, root: Path):
        self._progress, self._root = progress, root
        self.texts: list[str] = []

    def __call__(self, event: dict[str, Any]) -> None:
        if event["event"] in ("note", "warning"):
            self.texts.append(event["text"])
        elif event["event"] == "log":
            event = event | {"text": own_paths(event["text"], self._root)}
        self._progress(event)


def own_paths(text: str, root: Path) -> str:
    """Return a text with the seal's project folder replaced by the user's own."""
    return text.replace(SEAL_PROJECT, f"{root}/")


def status_of(run: RecordedRun) -> str:
    """Return `finished`, `failed`, `interrupted`, `blocked` or, while it still goes on, `running`."""
    if run.closing:
        return str(run.closing["status"])
    alive = is_alive(run.opening["conditions"]["process"])
    return "interrupted" if alive is False else "running"


def run_document(run: RecordedRun, root: Path) -> dict[str, Any]:
    """Return the document of one run (DESIGN section 13)."""
    closing = run.closing or {}
    steps = [_step_document(run, step.name, root) for step in run.steps]
    return {
        "run": run.run,
        "name": run.opening["name"],
        "recipe": run.opening["recipe"],
        "result": closing.get("result"),
        "status": status_of(run),
        "commit": run.opening["commit"],
        "started": run.opening["time"],
        "seconds": closing.get("seconds"),
        "steps": steps,
        "metrics": closing.get("metrics", {}),
        "intervals": closing.get("intervals", {}),
        "slices": closing.get("slices", []),
        "gates": closing.get("gates", []),
        "findings": [finding for record in run.step_records.values() for finding in record["findings"]],
        "seal": seal_of(run),
    }


def seal_of(run: RecordedRun) -> dict[str, Any]:
    """Return what a run is sealed by: the fingerprints of the four aspects and of what executed them."""
    recipe = run.recipe
    return {
        "isolation": _isolation(run),
        "mode": run.opening["conditions"].get("seal", "warn"),
        "gaps": gaps(run),
        "network": _network(run),
        "code": recipe["code"]["fingerprint"],
        "config": run.opening["config"],
        "environment": recipe["environment"],
        "data": dict(run.opening["data"]),
        "engine": recipe["engine"],
        "numeric": recipe["numeric"],
        "seeds": recipe["seeds"],
    }


def _network(run: RecordedRun) -> bool | list[str]:
    """Return the hosts that steps were granted by name, true where one was granted all of the network."""
    granted = [step.network for step in run.steps]
    return True in granted or sorted({host for hosts in granted if isinstance(hosts, tuple) for host in hosts}) or False


def gaps(run: RecordedRun) -> list[str]:
    """Return, a sentence each, why a run is not fully sealed."""
    found = []
    if networked := [step.name for step in run.steps if step.network is True]:
        found.append(f"the network was granted to {_listed(networked)}")
    kept = {name: record["findings"] for name, record in run.step_records.items() if record["state"] == "executed"}
    if asking := [name for name, told in kept.items() if any(_is_undeclared(item) for item in told)]:
        found.append(f"what was not declared was asked for by {_listed(asking)}")
    if reading := [name for name, told in kept.items() if any(item.get("severity") == "unsealed" for item in told)]:
        found.append(f"the machine's own files were read by {_listed(reading)}")
    return found


def _is_undeclared(finding: dict[str, Any]) -> bool:
    return bool(finding.get("severity", "undeclared") == "undeclared")  # before there were others, all were


def _listed(names: list[str]) -> str:
    quoted = [f"'{name}'" for name in names]
    return ", ".join(quoted) if len(quoted) <= 4 else f"{', '.join(quoted[:3])} and {len(quoted) - 3} more"


def _isolation(run: RecordedRun) -> str | None:
    return run.closing["isolation"] if run.closing else None


def _step_document(run: RecordedRun, name: str, root: Path) -> dict[str, Any]:
    entry, record = run.entries.get(name, {}), run.step_records.get(name, {})
    state = entry.get("state") or (record.get("state") if record else "skipped")
    executed = state in ("executed", "failed")
    error = record.get("error")
    return {
        "name": name,
        "state": state,
        "cpu_seconds": record.get("cpu_seconds", 0.0) if executed else 0.0,
        "seconds": record.get("wall_seconds", 0.0) if executed else 0.0,
        "made_by": entry.get("made_by"),
        "why": _why(entry.get("why")),
        "error": _own_error(error, root) if error and executed else None,
        "outputs": {
            output: {"digest": made["digest"], "codec": made["codec"], "size": made["size"]}
            for output, made in record.get("outputs", {}).items()
        },
        "notes": record.get("notes", []),
        "network": record.get("network", []),
    }


def _why(reason: dict[str, Any] | None) -> dict[str, Any] | None:
    return {name: reason[name] for name in ("because", "text")} if reason else None


def _own_error(error: dict[str, Any], root: Path) -> dict[str, Any]:
    shown = {name: own_paths(value, root) if isinstance(value, str) else value for name, value in error.items()}
    if frames := error.get("frames"):
        shown["frames"] = [frame | {"file": own_paths(frame["file"], root)} for frame in frames]
    return shown
