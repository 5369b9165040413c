"""`python -m counting SOURCE TARGET`: write how large a file is."""

import sys
from pathlib import Path

from counting.words import UNIT


def main(source, target):
    Path(target).write_text(f"{len(Path(source).read_text())} {UNIT}\n")


main(*sys.argv[1:])
