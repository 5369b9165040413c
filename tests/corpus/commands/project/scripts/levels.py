"""The levels of a log, beside the script that uses them."""

from collections import Counter

IGNORED = {"debug"}


def count(lines):
    seen = Counter(line.split()[0] for line in lines)
    return sorted((name, number) for name, number in seen.items() if name not in IGNORED)
