"""Taking texts apart."""

import itertools
import re


class Tokens:
    """What all ways of taking a text apart have in common."""

    pattern = r"\S+"
    known = {}  # noqa: RUF012  # shared by all instances, on purpose

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        cls.known[cls.__name__] = cls
        cls.expression = re.compile(cls.pattern)

    def __init__(self, shortest=1, stop=()):
        self.shortest, self.stop = shortest, frozenset(stop)

    @property
    def limit(self):
        return self.shortest

    def __call__(self, text):
        return [word for word in self.found(text) if len(word) >= self.limit and word not in self.stop]

    def found(self, text):
        return self.expression.findall(text.lower())


class Words(Tokens):
    pattern = r"[a-z]+"


class Characters(Tokens):
    pattern = r"."


class Pairs(Words):
    """Words, two at a time."""

    def found(self, text):
        words = super().found(text)
        return [f"{first} {second}" for first, second in itertools.pairwise(words)]
