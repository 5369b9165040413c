"""A function that another module replaces."""


def surcharge() -> int:
    """Return a surcharge."""
    return 1
