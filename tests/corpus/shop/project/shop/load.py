"""Reading of orders."""

import csv
from pathlib import Path


def load(orders: Path):
    """Return the orders as they are in the file."""
    with orders.open(newline="") as stream:
        return list(csv.DictReader(stream))


def load_old(orders: Path, separator=";"):
    """Return orders in the format of last year."""
    with orders.open(newline="") as stream:
        return [dict(row) for row in csv.DictReader(stream, delimiter=separator)]
