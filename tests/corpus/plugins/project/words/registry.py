"""Features by name, as they were registered."""

FEATURES = {}


def feature(function):
    """Register a feature under the function's name."""
    FEATURES[function.__name__] = function
    return function
