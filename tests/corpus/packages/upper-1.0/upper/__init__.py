from lower import base


def value(x):
    return base(x) + 1
