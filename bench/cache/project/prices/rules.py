"""Functions in a dictionary."""

RULES = {
    "weekday": lambda: 59,
    "holiday": lambda: 0,
}
