"""A default argument."""


def with_default(price: int = 23) -> int:
    """Return the price."""
    return price
