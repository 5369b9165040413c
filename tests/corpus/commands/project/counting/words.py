"""Words, for processes of every kind."""

UNIT = "characters"
BONUS = 1


def longest(words):
    return max(sorted(words), key=len)


def value(word):
    return len(word) + BONUS


def worth(word):
    return 10 * len(word)
