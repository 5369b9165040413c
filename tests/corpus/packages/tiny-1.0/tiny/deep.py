def double(x):
    return 2 * x


def negate(x):
    return -x
