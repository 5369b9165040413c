"""Replaces a function of another module for as long as the process lives."""

import maths.steps

FACTOR = 3


def threefold(value):
    return FACTOR * value


maths.steps.step_of = threefold
