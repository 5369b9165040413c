"""Which messages are spam."""

from language.tokens import Words as Words
