"""What sealing, tracing and recording cost a step that does nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from measure import Measurement, Shell, slopes
from place import RESTRIKE, Place
from trivial import OVER_SKLEARN, STEP, chain, fan, plain

Project = Callable[..., None]


def measure(place: Place, repeats: int) -> Iterator[Measurement]:
    shell = place.project("steps")
    first20 = executed(shell, chain, 20, repeats)
    yield Measurement("steps", "20, first run", first20, budget=1.5, plain=in_plain_python(place, 20, repeats))
    yield Measurement("steps", "20, nothing to do", shell.times(repeats, RESTRIKE, "run"), budget=0.5)
    few = executed(shell, fan, 20, repeats)
    first200 = executed(shell, fan, 200, repeats)
    yield Measurement("steps", "200, first run", first200, budget=2.5, plain=in_plain_python(place, 200, repeats))
    yield Measurement("steps", "200, nothing to do", shell.times(repeats, RESTRIKE, "run"), budget=0.6)
    yield Measurement("steps", "each executed step, light", slopes(first200, few, 180), "ms", 15)
    shell = place.project("steps-over-sklearn", ml=True)
    few = executed(shell, fan, 4, repeats, OVER_SKLEARN)
    many = executed(shell, fan, 44, repeats, OVER_SKLEARN)
    yield Measurement("steps", "each executed step, over scikit-learn", slopes(many, few, 40), "ms", 25)


def executed(shell: Shell, write: Project, steps: int, repeats: int, source: str = STEP) -> tuple[float, ...]:
    """Return what runs cost that execute every step, since each has another parameter and nothing to reuse."""
    started = [0]

    def change() -> None:
        started[0] += 1000
        write(shell.folder, steps, source, started[0])

    return shell.times(repeats, RESTRIKE, "run", "--no-reuse", before=change)


def in_plain_python(place: Place, steps: int, repeats: int) -> tuple[float, ...]:
    shell = place.project("plain")
    (Path(shell.folder) / "steps.py").write_text(STEP)
    return shell.times(repeats, place.python(), "-c", plain(shell.folder, steps))
