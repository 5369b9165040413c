"""Numbers with operators of their own."""


class Ordered(type):
    def __new__(cls, name, bases, space):
        return super().__new__(cls, name, bases, {**space, "weight": 1})


class Vector(metaclass=Ordered):
    def __init__(self, value):
        self.value = value * self.weight

    def __add__(self, other):
        return Vector(self.value + other.value)

    def __sub__(self, other):
        return Vector(self.value - other.value)
