"""YAML's own syntax errors in words that say what to change."""

from __future__ import annotations

import re
from typing import Any

import yaml

_INDENT = "the indentation does not fit the lines above"
_TAB = "a tab is used for indentation; YAML allows only spaces"
_COLON = "a ':' where no key can stand; quote the text that holds it, or check the line above"
_OPEN = "a bracket is opened here and not closed with '{0}'; or a comma is missing"
_QUOTE = "a quote is opened here and never closed"
_MORE = "text follows where the value has already ended; quote all of it"
_WORDS = (
    (r"found character '\\t' that cannot start any token", _TAB),
    (r"found character '(.)' that cannot start any token", "a text that begins with '{0}' has to be quoted"),
    (r"mapping values are not allowed here", _COLON),
    (r"expected the node content, but found '<.*>'", "the file ends where a value should be"),
    (r"expected the node content, but found '(.)'", "'{0}' stands where a value should be"),
    (r"could not find expected ':'", "a key without a ':' after it"),
    (r"expected <block end>, but found '(?:<block mapping start>|<block sequence start>|-|\?)'", _INDENT),
    (r"expected <block end>, but found '<scalar>'", _MORE),
    (r"expected <block end>, but found '(.)'", "'{0}' closes nothing"),
    (r"expected '<document start>'.*", _INDENT),
    (r"expected ',' or '([\]}])', but got .*", _OPEN),
)


def explained(text: str, error: yaml.MarkedYAMLError) -> tuple[str, Any]:
    """Return message and mark for a syntax error.

    The text is parsed again by the pure Python scanner, so that the words do not depend on whether libyaml is there.
    """
    try:
        for _ in yaml.parse(text, Loader=yaml.SafeLoader):
            pass
    except yaml.MarkedYAMLError as plain:
        error = plain
    problem, mark = error.problem or "not YAML", error.problem_mark or error.context_mark
    if "end of stream" in problem and "scalar" in (error.context or ""):
        return _QUOTE, error.context_mark
    for pattern, message in _WORDS:
        if match := re.fullmatch(pattern, problem):
            return message.format(*match.groups()), error.context_mark if message == _OPEN else mark
    return f"not YAML: {problem}", mark
