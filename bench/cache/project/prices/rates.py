"""Rates, in a file beside this one."""

import json
from pathlib import Path


def rate(name: str) -> int:
    """Return a rate by name."""
    return int(json.loads(Path(__file__).with_name("rates.json").read_text())[name])
