"""Functions that are made in a loop, and put among the names of the module."""

FACTORS = {"double": 2, "triple": 3}


def _maker(factor):
    def made(number):
        return factor * number

    return made


for _name, _factor in FACTORS.items():
    globals()[_name] = _maker(_factor)


def made(numbers):
    return [double(triple(number)) for number in numbers]  # noqa: F821
