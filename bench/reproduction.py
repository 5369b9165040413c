"""What `reproduce` costs beyond the run that it judges, with the environment in the cache."""

from __future__ import annotations

from collections.abc import Iterator

from measure import Measurement
from place import RESTRIKE, Place

EXAMPLES = ("diabetes", "wine", "titanic")


def measure(place: Place, repeats: int) -> Iterator[Measurement]:
    for name in EXAMPLES:
        shell = place.example(name)
        run = shell.times(repeats, RESTRIKE, "run", "--no-reuse")
        again = shell.times(repeats, RESTRIKE, "reproduce", "@last")
        beyond = tuple(more - less for more, less in zip(sorted(again), sorted(run), strict=True))
        yield Measurement("reproduce", f"{name}: the run itself", run)
        yield Measurement("reproduce", f"{name}: beyond the run", beyond, budget=2.0)
