"""More of it, taken with a star too."""


def rounding(value):
    return round(value, 3)


_hidden = 4
