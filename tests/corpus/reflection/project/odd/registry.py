"""Handlers, put in by decorators, sorted by what they return."""

CLOSING = "end"
handlers = {}


def handler(name, **options):
    def keep(function):
        handlers[name] = function
        return function

    return keep


@handler("grow", fast=True)
def _grow(value):
    return value + 1


@handler("shrink")
def _shrink(value):
    return value - 1
