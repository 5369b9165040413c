def double(x):
    return 2 * x  # twice


def negate(x):
    return -x
