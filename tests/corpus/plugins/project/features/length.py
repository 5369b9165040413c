from words.registry import feature


@feature
def length(word):
    return len(word)
