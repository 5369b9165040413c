"""A tiny package."""

from tiny.deep import double
from tiny.table import FACTOR

__all__ = ["FACTOR", "double"]
