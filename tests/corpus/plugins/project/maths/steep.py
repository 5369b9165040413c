def weight(index):
    return 1 / (1 + index) ** 2
