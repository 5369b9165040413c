"""The model: terms that come from code of every ordinary kind, one term a kind."""

import os

import tariff
from executions import executed
from prices import rounded
from prices.base import Base
from prices.closures import counted
from prices.constants import TAX
from prices.decorators import adding
from prices.defaults import with_default
from prices.far import through
from prices.kinds import Order, Season
from prices.levels import level
from prices.partials import halved
from prices.rates import rate
from prices.rules import RULES
from prices.settings import setting
from prices.winds import *  # noqa: F403  # names that arrive so are what is edited

BONUS = 5


class Ice(Base):
    """Some class with a base in another module."""

    scoops = 3


@adding
def _decorated() -> int:
    return 1


def _near() -> int:
    return 7


def model(sales: list[int], weight: int, seed: int, area: str, block: str) -> dict[str, int]:
    """Return the terms of a price by name."""
    executed("model")
    return {
        "own": 2,
        "constant": BONUS,
        "near": _near(),
        "far": through(),
        "tax": TAX,
        "level": level(),
        "base": Ice().value(),
        "scoops": Ice.scoops,
        "decorated": _decorated(),
        "default": with_default(),
        "rule": RULES["weekday"](),
        "counted": counted(),
        "setting": setting(),
        "rounded": rounded(10),
        "wind": WEST_WIND,  # noqa: F405  # it arrives by the star import
        "partial": halved(),
        "field": Order().pieces,
        "season": Season.SUMMER.value,
        "rate": rate("cone"),
        "tariff": tariff.fee(),
        "region": len(os.environ.get("ICE_REGION", "north")),
        "weight": 3 * weight,
        "seed": seed * 1_103_515_245 % 97,
        "area": 10 * len(area) + len(block),
        "days": len(sales),
    }
