"""Reading, faster where somebody has installed the fast way."""

from pathlib import Path

try:
    import fastwords
except ImportError:
    fastwords = None


def read(words: Path):
    text = words.read_text()
    return fastwords.split(text) if fastwords else text.lower().split()
