"""The most memory that the controlling process needs, without the steps' own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from measure import Measurement, Shell
from place import Place
from trivial import chain

# The kernel's own high-water mark of this process alone: what wait4 tells would include its children.
PEAK = """
import atexit, sys
def note():
    with open("/proc/self/status") as status, open("peak", "w") as peak:
        peak.write(next(line.split()[1] for line in status if line.startswith("VmHWM")))
atexit.register(note)
from restrike.cli import main
main()
"""


def measure(place: Place, repeats: int) -> Iterator[Measurement]:
    shell = place.project("memory")
    chain(shell.folder, 20)
    yield Measurement("memory", "20 steps, first run", peaks(shell, repeats, "run", "--no-reuse"), "MB", 100)
    shell = place.example("diabetes")
    yield Measurement("memory", "diabetes, first run", peaks(shell, repeats, "run", "--no-reuse"), "MB", 100)
    yield Measurement("memory", "diabetes, reproduce", peaks(shell, repeats, "reproduce", "@last"), "MB", 100)


def peaks(shell: Shell, repeats: int, *words: str) -> tuple[float, ...]:
    """Return the most megabytes that were resident, of each of several executions."""
    values = []
    for _ in range(repeats):
        shell.cpu(sys.executable, "-c", PEAK, *words)
        peak = Path(shell.folder, "peak")
        values.append(int(peak.read_text()) / 1024)
        peak.unlink()
    return tuple(values)
