"""The helper of a helper."""


def fetched() -> int:
    """Return a value."""
    return 28
