"""A partial function."""

import functools


def _divided(number: int, by: int) -> int:
    return number // by


halved = functools.partial(_divided, 86, by=2)
