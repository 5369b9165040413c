"""What the scaling takes with a star."""

__all__ = ["LARGEST", "shrink"]

LARGEST = 10


def shrink(value):
    return value / LARGEST


def grow(value):
    return value * LARGEST
