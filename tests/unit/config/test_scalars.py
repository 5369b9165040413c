"""YAML 1.2's core schema: what is a number, and what is text though YAML 1.1 thought otherwise."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restrike.config.parse import parse
from restrike.config.scalars import meaning

TEXTS = "NO no No yes on off y n 12:30:00 2024-01-01 1_000 0b1 1e 0o8 0xg 1.2.3 +.nan .Inff nUll ~~ - . e5 1e5x"


@pytest.mark.parametrize("text", TEXTS.split())
def test_stays_text(text: str) -> None:
    assert meaning(text) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("010", 10),
        ("0o17", 15),
        ("0xfF", 255),
        ("-7", -7),
        ("+7", 7),
        ("1e-3", 0.001),
        ("1E3", 1000.0),
        ("1.10", 1.1),
        (".5", 0.5),
        ("1.", 1.0),
        ("-.inf", -math.inf),
        ("+.INF", math.inf),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("Null", None),
    ],
)
def test_has_the_meaning_of_yaml_1_2(text: str, value: object) -> None:
    found = meaning(text)
    assert found == value
    assert type(found) is type(value)


def test_nan() -> None:
    assert isinstance(found := meaning(".nan"), float)
    assert math.isnan(found)


@pytest.mark.parametrize("text", ["1e999", "-1e999", "9" * 5000])
def test_refuses_numbers_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="too large"):
        meaning(text)


@given(st.integers())
def test_every_whole_number_is_itself(number: int) -> None:
    assert meaning(str(number)) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_is_itself_to_the_last_bit(number: float) -> None:
    found = meaning(repr(number))
    assert isinstance(found, float)
    assert found.hex() == number.hex()


@given(st.text(st.characters(min_codepoint=32, exclude_characters='"\\\x7f', exclude_categories=["Cs", "Cc"])))
def test_quoted_text_is_always_text(text: str) -> None:
    parsed = parse(f'"{text}"', "f")
    if parsed.root is None:  # a character that YAML does not allow
        assert "not allowed" in parsed.problems[0].message
    else:
        assert parsed.root.value == text


@given(st.text(max_size=200))
def test_no_text_crashes_the_parser(text: str) -> None:
    parsed = parse(text, "f")
    assert parsed.problems or parsed.root is None or parsed.root.place.line >= 1


@given(st.lists(st.sampled_from(list("ab:-[]{},\n \t'\"#&*!|>@%?~<1.")), max_size=40).map("".join))
def test_no_yaml_crashes_the_parser(text: str) -> None:
    for problem in parse(text, "f").problems:
        assert problem.place.line >= 1
        assert "None" not in problem.message


def test_without_libyaml_everything_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    from restrike.config import parse as module

    texts = ["a: [1, {b: c}]\n", "a: 'x\n", "a:\n\tb: 1\n", "a: &x 1\n", "- a\n- b: ü\n"]
    fast = [module.parse(text, "f") for text in texts]
    monkeypatch.setattr(module, "_Loader", yaml.SafeLoader)
    plain = [module.parse(text, "f") for text in texts]
    assert [(one.root, one.problems) for one in fast] == [(one.root, one.problems) for one in plain]
