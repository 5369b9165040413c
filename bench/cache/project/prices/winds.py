"""Names for a star import."""

__all__ = ["WEST_WIND"]

WEST_WIND = 67
