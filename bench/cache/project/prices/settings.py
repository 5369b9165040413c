"""A global that a function reads."""

_factor = 61


def setting() -> int:
    """Return the setting."""
    return _factor
