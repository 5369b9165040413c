"""Cleaning of orders."""

from shop.model import Status
from shop.text import CLEANERS

KEPT = {Status.PAID}


def clean(rows):
    """Return the paid orders, tidied."""
    kept = [row for row in rows if Status(row["status"]) in KEPT]
    return [{**row, **cleaned(row), "amount": float(row["amount"])} for row in kept]


def cleaned(row):
    return {name: CLEANERS[name](row[name]) for name in ("country", "item")}
