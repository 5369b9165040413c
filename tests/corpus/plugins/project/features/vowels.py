from words.registry import feature

VOWELS = "aeiou"


@feature
def vowels(word):
    return sum(letter in VOWELS for letter in word)
