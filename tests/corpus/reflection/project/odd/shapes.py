"""Shapes."""

PI = 3.14


class Circle:
    radius: float
    label: str


class Square:
    side: float


def area(circle: Circle, digits=2):
    """The area of a circle."""
    return round(PI * circle.radius**2, digits)
