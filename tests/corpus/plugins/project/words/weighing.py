"""Weights, from a module that is looked up by name."""

import importlib

METHODS = {"plain": "maths.plain", "steep": "maths.steep"}


def weigh(words, method="plain"):
    weight = getattr(importlib.import_module(METHODS[method]), "weight")  # noqa: B009
    return [weight(index) for index, _ in enumerate(words)]
