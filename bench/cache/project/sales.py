"""The sales, read from a file."""

import csv

from executions import executed
from prices.layout import COLUMN


def sales(data: str) -> list[int]:
    """Return what was sold, day by day."""
    executed("sales")
    with open(data, newline="") as file:
        rows = list(csv.DictReader(file))
    return [int(row[COLUMN]) for row in rows]
