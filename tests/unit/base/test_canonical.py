"""Canonical JSON: RFC 8785 where it speaks, tags where it would let two values share a digest."""

import math
import struct

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from restrike.base import canonical

numbers = st.one_of(st.integers(), st.floats(allow_nan=False), st.floats(allow_nan=False, width=32))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=20,
)


def exact(value):
    """Return a value in which 1, 1.0, True and -0.0 are told apart."""
    if isinstance(value, dict):
        return {key: exact(item) for key, item in value.items()}
    if isinstance(value, list):
        return [exact(item) for item in value]
    return (type(value).__name__, struct.pack(">d", value) if isinstance(value, float) else value)


@given(values)
def test_what_is_written_reads_back_with_its_types(value):
    assert exact(canonical.loads(canonical.dumps(value))) == exact(value)


@given(st.dictionaries(st.text(), st.integers(-1000, 1000)))
def test_the_order_of_keys_does_not_matter(value):
    assert canonical.dumps(dict(reversed(value.items()))) == canonical.dumps(value)


@given(st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: not x.is_integer()))
def test_fractions_are_written_as_rfc_8785_says(value):
    assert canonical.dumps(value) == rfc8785.dumps(value)


@given(st.dictionaries(st.text().filter(lambda text: not text.startswith("!")), st.text().map(lambda text: "x" + text)))
def test_plain_documents_are_plain_rfc_8785(value):
    assert canonical.dumps(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (math.nan, b'"!nan"'),
        (math.inf, b'"!inf"'),
        (-math.inf, b'"!-inf"'),
        (-0.0, b'"!-0"'),
        (0.0, b'"!float:0"'),
        (1.0, b'"!float:1"'),
        (1, b"1"),
        (2**53 - 1, b"9007199254740991"),
        (2**53, b'"!int:9007199254740992"'),
        ("!nan", b'"!!nan"'),
        (1e21, b'"!float:1e+21"'),
        (1e-7, b"1e-7"),
        ("\u20ac\u0001", '"\u20ac\\u0001"'.encode()),
        ({"\U0001f600": 1, "\ufb33": 2}, '{"\U0001f600":1,"\ufb33":2}'.encode()),  # UTF-16 order, not code points
    ],
)
def test_bytes_are_pinned(value, written):
    assert canonical.dumps(value) == written


@pytest.mark.parametrize("value", [{1: 2}, {"a": {1, 2}}, ["\ud800"], object(), b"x"])
def test_what_has_no_canonical_form_is_refused_with_its_place(value):
    with pytest.raises(TypeError, match=r"^\$"):
        canonical.dumps(value)


@pytest.mark.parametrize("text", ['{"a":1,"a":2}', "NaN", "Infinity", '"!what"', "{"])
def test_what_is_not_canonical_json_is_refused(text):
    with pytest.raises(ValueError, match=r".+"):
        canonical.loads(text)
