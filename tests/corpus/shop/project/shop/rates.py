"""Tax rates by country."""

import csv
from pathlib import Path

from shop.constants import HANDLING, SMALL

TABLE = Path(__file__).with_name("rates.csv")


def rate_of(country):
    """Return the tax of a country in percent."""
    with TABLE.open(newline="") as stream:
        rates = {row["country"]: float(row["rate"]) for row in csv.DictReader(stream)}
    return rates[country]


def handling(net):
    return HANDLING if net < SMALL * 2 else 0.0


def old_handling(net):
    return 2.0 if net < 5 else 0.0
