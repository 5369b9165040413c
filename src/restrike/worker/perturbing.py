"""What `check` and the search for a cause change inside a step's process on purpose. Specified in docs/design/check.md.

An order is `{"watch": bool, "fix": [kinds], "only": [[file, line]], "shift": seconds, "listing": "reversed",
"global_seed": number}`, every key of it optional. A function step is perturbed in its own process, a command in the
Python programs that it starts; what they observe comes back with the step's result.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import pathlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from restrike.worker import clock, entropy, pools
from restrike.worker.watch import Watch

ORDER = "RESTRIKE_PERTURB"  # variable that tells a program started by a step what to change
CHILDREN = Path(__file__).with_name("children")  # leads PYTHONPATH of such a program; holds its `sitecustomize`
REPORTS = ".observed"  # folder of reports beside a command's outputs; never kept


def perturb(order: dict[str, Any], project: str) -> Watch:
    """Change this process as ordered, for the rest of its life."""
    only = [(str(file), int(line)) for file, line in order["only"]] if "only" in order else None
    watch = Watch(project, order.get("fix", ()), only)
    if order.get("watch") or entropy.KIND in order.get("fix", ()):
        entropy.tame(watch)
    if order.get("watch") or order.get("shift") or clock.KIND in order.get("fix", ()):
        clock.tame(watch, order.get("shift", 0.0))
    if order.get("watch") or pools.KIND in order.get("fix", ()):
        pools.tame(watch)
    if order.get("listing") == "reversed":
        _reverse_listings()
    return watch


def for_command(order: dict[str, Any], project: str, outputs: str) -> dict[str, str]:
    """Return the variables that have Python programs of a command perturbed."""
    reports = Path(outputs, REPORTS)
    reports.mkdir()
    path = os.pathsep.join([str(CHILDREN), *filter(None, [os.environ.get("PYTHONPATH")])])
    told = {"order": order, "project": project, "reports": str(reports), "path": os.environ.get("PYTHONPATH")}
    return {ORDER: json.dumps(told), "PYTHONPATH": path}


def observed_by_command(outputs: str) -> list[dict[str, Any]] | None:
    """Return what the Python programs of a command observed; None where it started none."""
    reports = sorted(Path(outputs, REPORTS).glob("*.json"))
    return [item for report in reports for item in json.loads(report.read_text("utf-8"))] if reports else None


def perturb_program() -> None:
    """Change a program that a command started; it finds its own variables as they would have been."""
    told = json.loads(os.environ.pop(ORDER))
    if told["path"] is None:
        os.environ.pop("PYTHONPATH", None)
    else:
        os.environ["PYTHONPATH"] = told["path"]
    watch = perturb(told["order"], told["project"])
    if told["order"].get("watch") or entropy.KIND in told["order"].get("fix", ()):
        entropy.watch_global(watch)
    atexit.register(_report, watch, Path(told["reports"]))


def _report(watch: Watch, folder: Path) -> None:
    with contextlib.suppress(OSError):
        Path(folder, f"{os.getpid()}.json").write_text(json.dumps(watch.document()), "utf-8")


class _Reversed:
    """What `os.scandir` returns, the other way round."""

    def __init__(self, entries: Any):
        with entries:
            self._entries: Iterator[Any] = iter(list(entries)[::-1])

    def __iter__(self) -> Iterator[Any]:
        return self._entries

    def __next__(self) -> Any:
        return next(self._entries)

    def __enter__(self) -> _Reversed:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._entries = iter(())


def _reverse_listings() -> None:
    listdir, scandir = os.listdir, os.scandir

    def reversed_names(path: Any = None) -> Any:
        return listdir(path)[::-1]

    def reversed_entries(path: Any = None) -> Any:
        return _Reversed(scandir(path))

    os.listdir, os.scandir = reversed_names, reversed_entries
    if sys.version_info < (3, 11):  # noqa: UP036  # pathlib of 3.10 keeps functions of its own
        accessor = pathlib._NormalAccessor  # type: ignore[attr-defined]  # gone in 3.11, so unknown to typeshed
        accessor.listdir, accessor.scandir = staticmethod(reversed_names), staticmethod(reversed_entries)
