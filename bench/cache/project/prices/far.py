"""A helper that needs a helper in another module."""

from prices.farther import fetched


def through() -> int:
    """Return what the other one has, and something of its own."""
    return fetched() + 1


def spare() -> int:
    """Return what nobody asks for."""
    return 1000
