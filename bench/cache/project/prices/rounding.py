"""Two ways to round, of which the package hands out one."""


def up(number: int) -> int:
    """Return the number, rounded up."""
    return number + 43


def down(number: int) -> int:
    """Return the number, rounded down."""
    return number - 1
