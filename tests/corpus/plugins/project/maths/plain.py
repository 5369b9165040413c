def weight(index):
    return 1 / (1 + index)


def unweight(value):
    return 1 / value - 1
