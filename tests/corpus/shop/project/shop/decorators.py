"""Decorators of this project."""

import functools


def rounded(digits=2):
    """Round what a function returns."""

    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return round(function(*args, **kwargs), digits)

        return wrapper

    return decorate
