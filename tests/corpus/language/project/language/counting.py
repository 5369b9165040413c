"""Words that are seen often."""

from collections import Counter

from language import Words

EXTRA = {"min": min, "max": max}


def most_common(rows, count):
    words = Words(shortest=4)
    seen = Counter(word for _, text in rows for word in words(text))
    return sorted(seen.items(), key=lambda item: (-item[1], item[0]))[:count]
