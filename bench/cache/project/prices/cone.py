"""Found by its name in a string."""

VALUE = 71
