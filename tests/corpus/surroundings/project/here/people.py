"""People, and what is written of them."""

import csv
from pathlib import Path


def names(people: Path):
    with people.open(newline="") as stream:
        return sorted({row["name"].title() for row in csv.DictReader(stream)})


def longest(notes: Path):
    return max(sorted(path.name for path in notes.iterdir()), key=lambda name: (notes / name).stat().st_size)


def known(names):
    allowed = Path("tables/allowed.txt").read_text().split()
    return [name for name in names if name in allowed]
