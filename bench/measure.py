"""CPU seconds of a whole process tree: what counts on a machine that also does other things."""

from __future__ import annotations

import ctypes
import os
import statistics
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36


class Failed(Exception):
    """A measured command ended with another status than it should."""


@dataclass(frozen=True)
class Measurement:
    """What was measured: one value a repeat, beside what plain Python took for the same work."""

    topic: str
    what: str
    values: tuple[float, ...]
    unit: str = "s"
    budget: float | None = None
    plain: tuple[float, ...] = ()

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def within(self) -> bool | None:
        """Tell whether the median is within the budget; None where there is none."""
        return None if self.budget is None else self.median <= self.budget

    def document(self) -> dict[str, object]:
        return {
            "topic": self.topic,
            "what": self.what,
            "unit": self.unit,
            "min": min(self.values),
            "median": self.median,
            "max": max(self.values),
            "budget": self.budget,
            "plain": statistics.median(self.plain) if self.plain else None,
            "ok": self.within,
        }


@dataclass(frozen=True)
class Shell:
    """Where a command is executed, and with which variables."""

    folder: Path
    variables: Mapping[str, str]

    def cpu(self, *command: object, status: int = 0) -> float:
        """Execute a command and return the user and system seconds of it and of all that it started."""
        _adopt_orphans()
        words = [str(word) for word in command]
        with open(self.folder / "bench-output", "wb") as output:
            process = subprocess.Popen(words, cwd=self.folder, env=dict(self.variables), stdout=output, stderr=output)
            _, ended, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(ended)
        if process.returncode != status:
            text = (self.folder / "bench-output").read_text("utf-8", "replace")
            raise Failed(f"{' '.join(words)}: status {process.returncode}\n{text[-4000:]}")
        (self.folder / "bench-output").unlink()
        return usage.ru_utime + usage.ru_stime + _orphans()

    def times(self, repeats: int, *command: object, before: Callable[[], object] | None = None) -> tuple[float, ...]:
        """Return the CPU seconds of each of several executions, after one that does not count."""
        values = []
        for _ in range(repeats + 1):
            if before is not None:
                before()
            values.append(self.cpu(*command))
        return tuple(values[1:])


def slopes(many: Sequence[float], few: Sequence[float], steps: int) -> tuple[float, ...]:
    """Return the milliseconds that each further step cost."""
    return tuple(1000 * (more - less) / steps for more, less in zip(sorted(many), sorted(few), strict=True))


def _adopt_orphans() -> None:
    if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError("the kernel refuses PR_SET_CHILD_SUBREAPER: daemons of measured processes would not be counted")


def _orphans() -> float:
    """Wait for what a command left behind and return its CPU seconds."""
    total = 0.0
    while True:
        try:
            _, _, usage = os.wait3(0)
        except ChildProcessError:
            return total
        total += usage.ru_utime + usage.ru_stime
