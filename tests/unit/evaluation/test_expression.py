from __future__ import annotations

import contextlib
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restrike.evaluation import expression
from restrike.evaluation.conditions import matches
from restrike.evaluation.errors import EvaluationError, ExpressionError, SliceError

TABLE = {
    "age": np.array([10.0, 50.0, np.nan, 60.0]),
    "visits": np.array([0, 2, 3, 4]),
    "sex": np.array(["m", "f", None, "f"], dtype=object),
    "smoker": np.array([True, False, True, False]),
    "fixed acidity": np.array([1.0, 2.0, 3.0, 4.0]),
    "odd`name": np.array([1, 0, 0, 0]),
    "it's": np.array(["it's", 'say "x"', "", "`"], dtype=object),
    "seen": np.array(["2024-01-01", "2024-06-01", "NaT", "2025-01-01"], dtype="datetime64[D]"),
    "data.score": np.array([9, 9, 9, 1]),
    "score": np.array([0.1, 0.2, 0.3, 0.4]),
}


def rows(text: str) -> str:
    """The rows that match, as letters."""
    return "".join(
        letter for letter, match in zip("abcd", matches(expression.parse(text), TABLE), strict=True) if match
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("age > 20", "bd"),
        ("age = 50 or age == 60", "bd"),
        ("18 <= age < 60", "b"),
        ("age <> 50", "ad"),
        ("not age > 20", "a"),  # unknown stays unknown
        ("age > 20 or smoker", "abcd"),  # true wins over unknown
        ("not (age > 20 and visits == 0)", "abcd"),  # false wins over unknown
        ("age is null", "c"),
        ("age IS NOT NULL and sex is not null", "abd"),
        ("sex in ('m', 'x')", "a"),
        ("sex not in ['m']", "bd"),  # null is in no list, and not outside one either
        ("visits in (2, 3)", "bc"),
        ("visits in [-1, 0]", "a"),
        ("smoker", "ac"),
        ("not smoker", "bd"),
        ("smoker == false", "bd"),
        ("(age > 20) == smoker", ""),
        ("(visits > 2) == smoker", "bc"),
        ("`fixed acidity` * 2 + 1 >= 7", "cd"),
        ("visits % 2 == 0", "abd"),
        ("10 / visits > 3", "bc"),  # a quotient by 0 is missing
        ("10 / visits is null", "a"),
        ("-visits < -2.5e0", "cd"),
        ("- - visits = 4", "d"),
        ("visits - 1 - 1 = 0", "b"),
        ("`odd``name` = 1", "a"),
        ("`it's` = 'it''s'", "a"),
        ('`it\'s` = "say ""x"""', "b"),
        ("`it's` = ''", "c"),
        ("sex < 'g'", "bd"),
        ("seen >= '2024-05-05'", "bd"),
        ("score > 5", "abc"),  # the data's own column comes first
    ],
)
def test_condition(text: str, expected: str) -> None:
    assert rows(text) == expected


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("age >", "ends where a value is expected", 5),
        ("", "ends where a value is expected", 0),
        ("age & 3", "cannot read '& 3'", 4),
        ("age > 3 4", "'4' is not expected after 'age > 3'", 8),
        ("(age > 3", "ends where ')' is expected", 8),
        ("age > 3)", "')' is not expected", 7),
        ("age = null", "null is equal to nothing", 6),
        ("age is 3", "'3' stands where 'null' is expected", 7),
        ("age in 3", "'3' stands where '(' or '[' is expected", 7),
        ("age in (sex)", "'sex' stands where a value is expected", 8),
        ("sex = 'm", "cannot read ''m'", 6),
        ("3", "is a value, not a condition", 0),
        ("age + 1", "is a value, not a condition", 4),
        ("and", "'and' stands where a value is expected", 0),
        ("2nd > 1", "cannot read '2nd > 1'", 0),
        ("__import__('os').system('x')", "cannot read '.system('x')'", 16),
        ("__import__('os')", "'(' is not expected after '__import__'", 10),
        ("(" * 200 + "age > 1" + ")" * 200, "nested more than", 40),
    ],
)
def test_unreadable(text: str, message: str, position: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        expression.parse(text)
    assert message in caught.value.what
    assert caught.value.position == position


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sex > 3", "'sex' holds text, but '3' is number"),
        ("visits = '3'", "'visits' holds number, but '3' is text"),
        ("sex + 1 = 2", "'sex' holds text; '+' needs numbers"),
        ("smoker > true", "no order"),
        ("visits", "'visits' holds number and is no condition"),
        ("seen > 'soon'", "a date is written as"),
        ("aeg > 3", "there is no column 'aeg' to slice by (did you mean 'age'?)"),
    ],
)
def test_unfitting(text: str, message: str) -> None:
    with pytest.raises(SliceError, match=re.escape(message)):
        rows(text)


def test_names_in_order_of_appearance() -> None:
    tree = expression.parse("b > 1 and not (`a b` is null or c in (1)) and b + d < 2")
    assert expression.names(tree) == ["b", "a b", "c", "d"]


@given(st.text(alphabet="abn01.'\"`()[]<>=!+-*/%, \tandornotisnull&é", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(EvaluationError):
        matches(expression.parse(text), {"a": np.array([1.0, np.nan]), "b": np.array(["x", None], dtype=object)})


@given(st.integers(-20, 20), st.integers(-20, 20), st.integers(1, 9), st.sampled_from(["+", "-", "*"]))
def test_precedence_is_pythons(a: int, b: int, c: int, sign: str) -> None:
    for text in (f"{a} {sign} {b} * {c}", f"({a} {sign} {b}) * {c}", f"{a} * {b} {sign} {c}", f"{a} - {b} - {c}"):
        expected = eval(text)
        assert matches(expression.parse(f"{text} == {expected}"), {"x": np.array([0])}).all()
