"""Scaling, with names from everywhere."""

import statistics

from maths.basic import *  # noqa: F403  # names that arrive so are what is edited
from maths.extra import *  # noqa: F403  # names that arrive so are what is edited
from maths.lazy import OFFSET
from maths.steps import steps_of

from words import patches  # noqa: F401  # imported for what it replaces


def scale(measures):
    return {name: _scaled(values) for name, values in measures.items()}


def _scaled(values):
    middle = statistics.median(values)
    return [rounding(shrink(value - middle) + OFFSET) for value in steps_of(values)]  # noqa: F405  # it arrives by the star import
