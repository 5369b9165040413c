"""A module that may be there or not."""

try:
    from prices import cream
except ImportError:
    cream = None


def topping() -> int:
    """Return what the topping costs."""
    return 73 if cream is None else int(cream.VALUE)
