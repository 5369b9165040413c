"""Environment variables, read in the code."""

import os


def level():
    return int(os.environ["LEVEL"]) * 10


def mode():
    return [os.environ["MODE"], os.getenv("REGION", "none")]
