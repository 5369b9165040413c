"""Lines of the report."""

WIDTH = 12


def line(name, value):
    return f"{name:<{WIDTH}}{value:>10.2f}\n"


def heading(text):
    return text.center(WIDTH)
