"""Keeping probabilities away from nought."""

from dataclasses import dataclass
from typing import NamedTuple


class Odds(NamedTuple):
    spam: float
    ham: float

    @property
    def ratio(self):
        return self.spam / self.ham


@dataclass(frozen=True)
class Smoothing:
    alpha: float = 1.0

    def odds(self, spam, ham):
        return Odds(spam + self.alpha, ham + self.alpha)


@dataclass(frozen=True)
class NoSmoothing(Smoothing):
    def odds(self, spam, ham):
        return Odds(spam or 1e-9, ham or 1e-9)
