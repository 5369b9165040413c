"""The whole in a few numbers."""

from functools import reduce, singledispatch


@singledispatch
def total(value):
    return 0


@total.register
def _(value: list):
    return sum(total(item) for item in value)


@total.register(int)
@total.register(float)
def _number(value):
    return value


def summary(scaled, weights, picked):
    both = reduce(lambda left, right: left + right, scaled.values())
    return {"total": round(total([both, weights, picked]), 6), "picked": picked}
