"""Which messages are learnt from."""

import random
from pathlib import Path

SEPARATOR = "\t"


def split(messages: Path, share):
    """Return rows for training and for testing, drawn by the step's seed."""
    rows = [line.split(SEPARATOR, 1) for line in messages.read_text().splitlines()]
    random.shuffle(rows)
    cut = round(len(rows) * share)
    return rows[:cut], rows[cut:]
