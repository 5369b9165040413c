"""What an ice costs."""

from prices.rounding import up as rounded

__all__ = ["rounded"]
