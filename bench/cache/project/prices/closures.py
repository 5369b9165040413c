"""A function that remembers a value."""

from collections.abc import Callable


def _counter(start: int) -> Callable[[], int]:
    def count() -> int:
        return start + 1

    return count


counted = _counter(12)
