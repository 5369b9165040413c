"""Expressions that are kept as text."""

FORMULA = "scale(x) + OFFSET"
OFFSET = 3


def scale(x):
    return 2 * x


def shift(x):
    return x + 2


def evaluated(numbers):
    return [eval(FORMULA, {**globals(), "x": number}) for number in numbers]
