"""What is looked at."""


def shown():
    return 1


def hidden():
    return 2
