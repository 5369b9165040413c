"""Numbers by chance."""

import random

LOW, HIGH = 1, 9


def draw(count):
    return [random.randint(LOW, HIGH) for _ in range(count)]


def draw_floats(count):
    return [random.random() for _ in range(count)]
