"""A model that counts words."""

import math
from collections import Counter

from language.smoothing import Smoothing

THRESHOLD = 5.0


class Model:
    """Counts by label, and what they say of a text."""

    def __init__(self, tokens, smoothing: Smoothing):
        self.tokens, self.smoothing = tokens, smoothing
        self.counts = {"spam": Counter(), "ham": Counter()}

    def learn(self, label, text):
        self.counts[label].update(sorted(self.tokens(text)))

    def score(self, text):
        spam, ham = self.counts["spam"], self.counts["ham"]
        size = math.log(sum(spam.values()) / sum(ham.values()))
        known = [word for word in self.tokens(text) if word in spam or word in ham]
        return sum(math.log(self.smoothing.odds(spam[word], ham[word]).ratio) - size for word in known)

    def label(self, text):
        return "spam" if self.score(text) > THRESHOLD else "ham"

    def __repr__(self):
        return f"Model({len(self.counts)} labels)"
