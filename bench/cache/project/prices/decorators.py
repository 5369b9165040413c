"""A decorator."""

import functools
from collections.abc import Callable


def adding(function: Callable[[], int]) -> Callable[[], int]:
    """Return the function with something added to what it returns."""

    @functools.wraps(function)
    def wrapper() -> int:
        return function() + 18

    return wrapper
