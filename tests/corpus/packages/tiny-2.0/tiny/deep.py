def double(x):
    return x + x + 1


def negate(x):
    return -x
