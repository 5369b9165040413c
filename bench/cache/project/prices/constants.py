"""A constant that others import."""

TAX = 17
