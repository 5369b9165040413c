"""Docstrings and annotations that are read."""

from typing import get_type_hints

from odd.shapes import Circle, area


def described():
    hints = {name: kind.__name__ for name, kind in get_type_hints(Circle).items()}
    return {"doc": area.__doc__, "hints": hints, "defaults": list(area.__defaults__)}
