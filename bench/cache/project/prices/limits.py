"""A constant two modules away."""

LEVEL = 41
