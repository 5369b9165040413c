"""Measure restrike against its budgets, and against plain Python that does the same work in the same run.

    python bench/run.py [TOPIC...] [--large] [--json] [--repeats N]

CPU seconds (user + sys of the whole process tree), since they hardly depend on what else the machine does. The median
counts. Exit status 1 where one is over its budget.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import datasets
import memory
import numeric
import reproduction
import snapshots
import startup
import steps
import table
import training
from measure import Measurement
from place import ROOT, Place

Topic = Callable[[Place, int], Iterator[Measurement]]


def topics(large: bool) -> dict[str, Topic]:
    """Return what there is to measure, by name; what is large takes minutes and gigabytes."""
    counts = (5_000, 50_000) if large else (5_000,)
    found: dict[str, Topic] = {
        "start": startup.measure,
        "steps": steps.measure,
        "reproduce": reproduction.measure,
        "training": training.measure,
        "memory": memory.measure,
        "numeric": numeric.measure,
        "snapshot": lambda place, repeats: snapshots.measure(place, repeats, counts),
    }
    return found | ({"data": lambda place, _: datasets.measure(place, 1)} if large else {})


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("topic", nargs="*", help=f"of {', '.join(topics(large=True))} (default: all, without data)")
    parser.add_argument("--large", action="store_true", help="measure 50,000 files of code and gigabytes of data too")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "bench")
    chosen = parser.parse_args(arguments)
    offered = topics(chosen.large or "data" in chosen.topic)
    if unknown := sorted(set(chosen.topic) - set(offered)):
        parser.error(f"there is no topic {unknown[0]!r}")
    measured = []
    if not chosen.json:
        print(table.header())
    for name, topic in offered.items():
        if not chosen.topic or name in chosen.topic:
            for measurement in topic(Place(chosen.folder), chosen.repeats):
                measured.append(measurement)
                if not chosen.json:
                    print(table.line(measurement), flush=True)
    if chosen.json:
        print(json.dumps([measurement.document() for measurement in measured], indent=2))
    return int(any(measurement.within is False for measurement in measured))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
