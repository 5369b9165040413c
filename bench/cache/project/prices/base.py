"""A base class."""


class Base:
    """What is sold."""

    def value(self) -> int:
        """Return what it is worth."""
        return 11
