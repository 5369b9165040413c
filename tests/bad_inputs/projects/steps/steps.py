from pathlib import Path


def double(numbers: Path):
    return [2 * int(line) for line in numbers.read_text().split()]


def total(doubled, offset):
    return {"sum": sum(doubled) + offset}
