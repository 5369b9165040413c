from __future__ import annotations

import datetime

import numpy as np
import pytest

from restrike.evaluation import slices
from restrike.evaluation.errors import SliceError

TABLE = {
    "key": np.array(["1", "2", "3", "4"], dtype=object),
    "age": np.array([10.0, 50.0, np.nan, 60.0]),
    "sex": np.array(["m", "f", np.nan, "f"], dtype=object),
    "class": np.array([3, 1, 2, 1]),
    "vip": np.array([True, False, True, False]),
}


def cut(*declared: dict[str, object]) -> dict[str, list[int]]:
    return {item.name: np.flatnonzero(item.rows).tolist() for item in slices.cut(declared, TABLE)}


def test_by_values_in_their_order_with_missing_ones_last() -> None:
    assert cut({"by": "sex"}) == {"sex = f": [1, 3], "sex = m": [0], "sex is null": [2]}
    assert cut({"by": "class"}) == {"class = 1": [1, 3], "class = 2": [2], "class = 3": [0]}
    assert cut({"by": "vip"}) == {"vip = false": [1, 3], "vip = true": [0, 2]}


def test_by_bins_covers_every_row_once() -> None:
    found = cut({"by": "age", "bins": [20, 55.5]})
    assert found == {"age < 20": [0], "20 <= age < 55.5": [1], "age >= 55.5": [3], "age is null": [2]}


def test_names() -> None:
    assert cut({"where": "age > 20"}, {"where": "age > 20", "name": "adult"}) == {"age > 20": [1, 3], "adult": [1, 3]}
    with pytest.raises(SliceError, match="two slices are called 'sex = f'"):
        cut({"by": "sex"}, {"where": "sex = 'f'", "name": "sex = f"})


def test_columns_that_slices_read() -> None:
    declared = [{"where": "b > 1 and a = 2"}, {"by": "c"}, {"by": "a", "bins": [1]}]
    assert slices.columns(declared) == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"by": "sex", "bins": [1]}, "'sex' has bins but holds text"),
        ({"by": "age", "bins": [2, 1]}, "do not rise"),
        ({"by": "sxe"}, "did you mean 'sex'"),
    ],
)
def test_refused(declared: dict[str, object], message: str) -> None:
    with pytest.raises(SliceError, match=message):
        cut(declared)


def test_too_many_values_ask_for_bins() -> None:
    with pytest.raises(SliceError, match="would be 101") as caught:
        slices.cut([{"by": "x"}], {"x": np.arange(101)})
    assert "bins" in str(caught.value.hint)


def test_mixed_values_are_refused() -> None:
    with pytest.raises(SliceError, match="several types"):
        slices.cut([{"by": "x"}], {"x": np.array([1, "1"], dtype=object)})
    with pytest.raises(SliceError, match="several types"):
        slices.cut([{"by": "x"}], {"x": np.array([datetime.date(2024, 1, 1)], dtype=object)})
