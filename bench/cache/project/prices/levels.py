"""Functions over a constant of a third module."""

from prices.limits import LEVEL


def level() -> int:
    """Return the constant."""
    return LEVEL


def shown(total: int) -> int:
    """Return a total as the report shows it."""
    return total + 0
