"""What an order is."""

from dataclasses import dataclass
from enum import Enum


class Status(Enum):
    OPEN = "open"
    PAID = "paid"
    RETURNED = "returned"


@dataclass
class Amount:
    """A sum of money before tax."""

    net: float
    country: str

    def taxed(self, rate: float) -> float:
        return self.net * (1 + rate / 100)

    def rebate(self, limit: float) -> float:
        return 0.0


class Bulk(Amount):
    """An amount with a rebate for large orders."""

    share = 0.05

    def rebate(self, limit: float) -> float:
        return self.net * self.share if self.net >= limit else 0.0
