"""Sums over orders."""

from collections import defaultdict


def totals(priced, by="country"):
    """Return what was paid, by country."""
    sums = defaultdict(float)
    for row in priced:
        sums[row[by]] += row["gross"]
    return {name: round(value, 2) for name, value in sorted(sums.items())}


def best(sums, count):
    """Return the names of the largest sums."""
    return sorted(sums, key=ranking(sums))[:count]


def ranking(sums, sign=-1):
    def rank(name):
        return sign * sums[name], name

    return rank
