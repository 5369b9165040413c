"""Tidying of text."""

import re

SPACES = re.compile(r"\s+")


def tidy(text):
    return SPACES.sub("", text).lower()


def upper(text):
    return text.strip().upper()


CLEANERS = {"item": tidy, "country": upper, "note": lambda text: text.strip()}
