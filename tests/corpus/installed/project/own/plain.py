import builtins


def plain(x):
    return x * 2


def started():
    return hasattr(builtins, "STARTED")
