"""The first differing value is named with its place, both values and the size of the difference."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from restrike.codecs import Difference, decode, differences, encode
from restrike.codecs.compare import measure

TABLE = pd.DataFrame({"key": ["p1", "p2", "p3"], "score": [0.1, 0.2, 0.3], "part": ["test"] * 3})


class Holder:
    def __init__(self, **values: Any):
        self.__dict__.update(values)


def first(found: list[Difference]) -> tuple[str, str, str]:
    return found[0].where, found[0].ours, found[0].theirs


def test_a_coefficient_in_a_pipeline(between: Any) -> None:
    rows = np.random.RandomState(0).rand(50, 5)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, rows[:, 0] > 0.5)
    other = copy.deepcopy(model)
    other.steps[1][1].coef_[0, 4] = np.nextafter(other.steps[1][1].coef_[0, 4], 1)
    found = between(model, other)
    assert len(found) == 1
    assert found[0].where == ".steps[1][1].coef_[0, 4]"
    assert eval(f"model{found[0].where}") == float(found[0].ours)
    assert found[0].detail.startswith("1 of 5 values differ; difference ")
    assert found[0].detail.endswith(", 1 ulp")


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, ("['a']['b'][1]", "2", "3")),
        ({"a": 1}, {"a": 1, "b": 2}, ("['b']", "(not there)", "2")),
        ([1, 2], [1, 2, 3], ("len(value)", "2", "3")),
        ([1, 2], [0, 2, 3], ("[0]", "1", "0")),
        ([1.5, 2.5], [1.5, 3.5], ("[1]", "2.5", "3.5")),
        ((1, "a"), (1, "b"), ("[1]", "'a'", "'b'")),
        ({1, 2}, {1, 3}, ("elements of value", "2", "3")),
        ([1], [1.0], ("[0]", "1", "1.0")),
        ([True], [1], ("[0]", "True", "1")),
        ([0.0], [-0.0], ("[0]", "0.0", "-0.0")),
        ("one\ntwo ü x\n", "one\ntwo ü y\n", ("line 2, column 7", "'two ü x'", "'two ü y'")),
        ("one\n", "one\ntwo\n", ("line 2, column 1", "(the end)", "'two'")),
        (b"ab\0c", b"ab\0d", ("byte 3", "63", "64")),
        (np.array([[1, 2], [3, 4]]), np.array([[1, 2], [3, 5]]), ("[1, 1]", "4", "5")),
        (np.array(["a", "b"]), np.array(["a", "c"]), ("[1]", "'b'", "'c'")),
        (np.float32(1), np.float32(2), ("whole value", "1.0", "2.0")),
        (Holder(x=1, y=[1]), Holder(x=2, y=[1]), (".x", "1", "2")),
        (Holder(a={"k": (1, {2})}), Holder(a={"k": (1, {3})}), ("elements of .a['k'][1]", "2", "3")),
        (pl.DataFrame({"a": [1, None]}), pl.DataFrame({"a": [1, 2]}), ("row 1, column 'a'", "None", "2")),
        ({"a": 1}, "a", ("kind of artifact", "json@1", "text@1")),
    ],
)
def test_where_values_part(ours: Any, theirs: Any, expected: tuple[str, str, str], between: Any) -> None:
    assert first(between(ours, theirs)) == expected


def test_the_size_of_a_difference_in_an_array(between: Any) -> None:
    ours = np.array([1.0, 2.0, 4.0])
    found = between(ours, np.array([1.0, 2.5, 5.0]))
    assert found[0].detail == ("2 of 3 values differ; largest difference 1 absolute, 0.2 relative, over 1,000,000 ulp")
    close = between(ours, np.array([1.0, 2.0, np.nextafter(4.0, 5)]))
    assert close[0].detail.endswith("1 ulp")


def test_shapes_and_dtypes_that_differ_are_said(between: Any) -> None:
    assert between(np.zeros(3), np.zeros(4))[0].detail == "array <f8 (3,) and array <f8 (4,)"
    assert between(np.zeros(3), np.zeros(3, "f4"))[0].detail == "array <f8 (3,) and array <f4 (3,)"


def test_every_differing_place_is_listed_up_to_a_limit(between: Any) -> None:
    found = between([f"a{i}" for i in range(30)], [f"b{i}" for i in range(30)], 5)
    assert [item.where for item in found] == [f"[{i}]" for i in range(5)]
    assert found[-1].detail == "and 25 more places"


def test_a_cell_of_a_table_is_told_by_row_key_and_column(between: Any) -> None:
    other = TABLE.copy()
    other.loc[2, "part"] = "train"
    other.loc[1, "score"] = 0.25
    assert [(item.where, item.ours, item.theirs) for item in between(TABLE, other)] == [
        ("row 1 (key='p2'), column 'score'", "0.2", "0.25"),
        ("row 2 (key='p3'), column 'part'", "'test'", "'train'"),
    ]


def test_rows_are_matched_by_key(between: Any) -> None:
    other = TABLE.iloc[[2, 0]].reset_index(drop=True)
    other.loc[0, "score"] = 0.9
    found = between(TABLE, other)
    assert found[0] == Difference("rows by 'key'", "'p2'", "(no other)", "1 rows only in ours, 0 only in theirs")
    assert found[1].where == "row 2 (key='p3'), column 'score'"
    assert first(between(TABLE, TABLE.iloc[::-1].reset_index(drop=True))) == ("order of rows, row 0", "'p1'", "'p3'")


def test_tables_without_a_key_are_matched_by_position(between: Any) -> None:
    plain = TABLE[["score"]]
    assert first(between(plain, plain.iloc[:2])) == ("number of rows", "3", "2")
    assert first(between(plain, plain.set_axis([3, 4, 5])))[0] == "column '__index_level_0__'"


def test_schemas_that_differ_are_told_first(between: Any) -> None:
    assert first(between(TABLE, TABLE.assign(n=1))) == ("column 'n'", "(not there)", "there")
    assert first(between(TABLE, TABLE[["score", "key", "part"]]))[0] == "order of columns"
    assert first(between(TABLE, TABLE.assign(score=[1, 2, 3]))) == ("type of column 'score'", "double", "int64")
    text = TABLE.astype({"part": "string"})
    assert first(between(TABLE, text))[0].startswith("table ['dtypes'][2]")


@pytest.mark.parametrize("change", [np.nextafter(0.2, 1), float("nan"), -0.2])
def test_whatever_the_digest_sees_in_a_table_is_found(change: float, between: Any) -> None:
    other = TABLE.copy()
    other.loc[1, "score"] = change
    assert between(TABLE, other)[0].where == "row 1 (key='p2'), column 'score'"


def test_files_of_folders(tmp_path: Path) -> None:
    for name, text in (("ours", "a\nb\n"), ("theirs", "a\nc\n")):
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / "deep" / "x.txt").write_text(text)
    (tmp_path / "theirs" / "new").write_text("")
    (tmp_path / "theirs" / "link").symlink_to("new")
    found = differences(tmp_path / "ours", "folder@1", tmp_path / "theirs", "folder@1")
    assert [item.where for item in found] == ["deep/x.txt: line 2, column 1", "link", "new"]


def test_equal_values_with_other_bytes_are_explained(between: Any) -> None:
    rows = np.random.RandomState(0).rand(40, 3)
    model = GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=2).fit(rows, rows[:, 0] > 0.5)
    other = copy.deepcopy(model)
    other.refit_time_ += 1
    found = between(model, other)
    assert found[0].where.startswith("byte ")
    assert "the values are equal, their bytes are not; left out of the comparison: GridSearchCV.cv_" in found[0].detail


def test_what_cannot_be_loaded_is_compared_as_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\x80\x05cnowhere\nthing\n.")
    (tmp_path / "b").write_bytes(b"\x80\x05cnowhere\nother\n.")
    found = differences(tmp_path / "a", "pickle@1", tmp_path / "b", "pickle@1")
    assert found[0].where.startswith("byte ") or found[0].where.startswith("line ")
    assert "cannot be unpickled" in found[0].detail


def test_cycles_end(between: Any) -> None:
    def ring(value: int) -> Any:
        node = Holder(value=value)
        node.next = Holder(value=0, back=node)
        return node

    assert first(between(ring(1), ring(2))) == (".value", "1", "2")


def test_nothing_differs(tmp_path: Path) -> None:
    made = encode(TABLE, tmp_path, "a")
    encode(TABLE, tmp_path, "b")
    assert differences(tmp_path / "a", made.codec, tmp_path / "b", made.codec) == []
    assert decode(tmp_path / "a", made.codec).equals(TABLE)


@pytest.mark.parametrize(
    ("a", "b", "width", "places"), [(1.0, 1.0000000000000002, 8, 1), (-0.0, 0.0, 8, 0), (1.0, 2.0, 2, 1024)]
)
def test_units_in_the_last_place(a: float, b: float, width: int, places: int) -> None:
    assert measure.last_places(a, b, width) == places
