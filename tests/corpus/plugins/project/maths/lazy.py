"""Constants that are worked out when somebody asks for them."""

KNOWN = {"OFFSET": 2, "SPARE": 3}


def __getattr__(name):
    if name in KNOWN:
        return KNOWN[name]
    raise AttributeError(name)
