"""`values/json@1`: values that plain JSON would change, as JSON text that says what they are. Executes no code.

A metric that numpy computed, a tuple or a dictionary with numbers for keys need no pickle. What JSON has is written as
in `json@1`; anything else is an object whose key `!` names its type:
{"!": "tuple", "items": [...]}; `set` and `frozenset` likewise, items in order of their content;
{"!": "dict", "items": [[key, value], ...]} for keys that are not text, or text that is `!`;
{"!": "numpy", "dtype": "<f8", "value": 0.5}; {"!": "bytes", "base64": "..."}; {"!": "complex", "parts": [1.0, 0.0]}.
"""

from __future__ import annotations

import base64
from typing import Any

from restrike.codecs.content.walk import content_digest
from restrike.codecs.formats import json_text

_TAG = "!"
_DEEPEST = 150  # two levels of JSON each, within the depth that json_text reads


class Untold(Exception):
    """A value holds something for which there is no tag."""


def dumps(value: Any) -> str:
    """Return the text of a value. Raise Untold if it would not come back as it was."""
    return json_text.dumps(_tagged(value, set(), 0))


def loads(text: str) -> Any:
    return _plain(json_text.loads(text))


def _tagged(value: Any, seen: set[int], depth: int) -> Any:
    kind = type(value)
    if kind in (list, dict, tuple, set, frozenset):
        if depth > _DEEPEST or (value and id(value) in seen):
            raise Untold(kind.__name__)
        seen.add(id(value))
        return _container(value, kind, seen, depth + 1)
    if json_text.is_json(value):
        return value
    if kind is bytes:
        return {_TAG: "bytes", "base64": base64.b64encode(value).decode("ascii")}
    if kind is complex and json_text.is_json([value.real, value.imag]):
        return {_TAG: "complex", "parts": [value.real, value.imag]}
    if kind.__module__ == "numpy":
        return _scalar(value)
    raise Untold(kind.__name__)


def _container(value: Any, kind: type, seen: set[int], depth: int) -> Any:
    if kind is dict:
        if all(type(key) is str and key != _TAG and json_text.is_unicode(key) for key in value):
            return {key: _tagged(item, seen, depth) for key, item in value.items()}
        pairs = [[_tagged(key, seen, depth), _tagged(item, seen, depth)] for key, item in value.items()]
        return {_TAG: "dict", "items": pairs}
    items = sorted(value, key=lambda item: content_digest(item)[0]) if kind in (set, frozenset) else value
    tagged = [_tagged(item, seen, depth) for item in items]
    return tagged if kind is list else {_TAG: kind.__name__, "items": tagged}


def _scalar(value: Any) -> dict[str, Any]:
    dtype = getattr(value, "dtype", None)
    if dtype is None or type(value) is not dtype.type or dtype.kind not in "biuf" or dtype.itemsize > 8:
        raise Untold(type(value).__name__)
    plain = value.item()
    if not json_text.is_json(plain):
        raise Untold("a NaN of its own bits")
    return {_TAG: "numpy", "dtype": dtype.newbyteorder("<").str, "value": plain}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if _TAG not in value:
        return {key: _plain(item) for key, item in value.items()}
    tag = value[_TAG]
    if tag == "bytes":
        return base64.b64decode(value["base64"])
    if tag == "complex":
        return complex(*value["parts"])
    if tag == "numpy":
        import numpy

        return numpy.dtype(value["dtype"]).type(value["value"])
    items = [_plain(item) for item in value["items"]]
    return dict(items) if tag == "dict" else {"tuple": tuple, "set": set, "frozenset": frozenset}[tag](items)
