import tiny


def used(x):
    return tiny.double(x) + tiny.FACTOR
