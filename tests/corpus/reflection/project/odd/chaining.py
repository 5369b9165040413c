"""Closures, caches, partial functions, context managers, operators."""

from contextlib import contextmanager
from functools import cache, partial, reduce
from operator import attrgetter

from odd import registry as known
from odd.vectors import Vector

LOG = []


@cache
def power(base, exponent):
    return base**exponent


square = partial(power, exponent=2)


@contextmanager
def noted(word):
    LOG.append(word)
    yield LOG
    LOG.append(known.CLOSING)


def chain(numbers):
    with noted("begin") as log:
        whole = reduce(lambda left, right: left + right, map(Vector, map(square, numbers)))
        first = attrgetter("value")(whole)
    return {"sum": first, "log": log, "order": sorted(known.handlers, key=lambda name: known.handlers[name](2))}
