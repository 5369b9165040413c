"""What goes in comes out: same type, same content, in the most open format there is for it."""

from __future__ import annotations

import datetime
import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restrike.codecs import content_digest, decode, encode

TABLE = pd.DataFrame(
    {
        "whole": [1, 2, 3],
        "real": [0.1, math.nan, -0.0],
        "small": np.array([1, 2, 3], dtype="int8"),
        "flag": [True, False, True],
        "text": ["a", None, "ü"],
        "object": pd.Series(["a", None, "b"], dtype=object),
        "gaps": pd.Series(["a", math.nan, "b"], dtype=object),
        "mixed": pd.Series([1, "a", None], dtype=object),
        "lists": pd.Series([[1], [], ["x", {"b": 1, "a": 2}]], dtype=object),
        "raw": pd.Series([b"a", None, b""], dtype=object),
        "nullable": pd.array([1, None, 3], dtype="Int64"),
        "maybe": pd.array([True, None, False], dtype="boolean"),
        "precise": pd.array([0.5, None, -0.0], dtype="Float64"),
        "string": pd.array(["a", None, "b"], dtype="string"),
        "kind": pd.Categorical(["u", None, "v"], categories=["v", "u", "unused"], ordered=True),
        "moment": pd.to_datetime(["2020-01-01", None, "2020-01-01 00:00:00.123456"], format="ISO8601"),
        "zoned": pd.to_datetime(["2020-07-01", None, "2021-01-01"]).tz_localize("Europe/Berlin"),
        "span": pd.to_timedelta(["1s", None, "2ms"]),
        "month": pd.period_range("2020-01", periods=3, freq="M"),
    }
)

TABLES = {
    "every dtype": TABLE,
    "named index": TABLE[["whole", "text"]].set_index("text"),
    "two levels": TABLE[["whole", "real", "kind"]].set_index(["whole", "kind"]),
    "dates": pd.DataFrame({"a": [1, 2]}, index=pd.date_range("2020", periods=2, freq="D", name="day")),
    "labels by number": pd.DataFrame(np.eye(2)),
    "labels in levels": pd.DataFrame(
        [[1, 2]], columns=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=list("xy"))
    ),
    "labels twice": pd.DataFrame([[1, 2.5]], columns=["a", "a"]),
    "labels mixed": pd.DataFrame([[1, 2, 3]], columns=["a", 1, None]),
    "range": pd.DataFrame({"a": [1, 2]}, index=pd.RangeIndex(4, 8, 2, name="n")),
    "no rows": TABLE.iloc[:0],
    "a slice": TABLE.iloc[1:],
    "series": TABLE["kind"],
    "named series": pd.Series([1.5], index=["a"], name=("x", 1)),
    "nothing missing": pd.DataFrame({"text": ["a", "b"]}),
    "polars": pl.DataFrame(
        {
            "n": [1, None],
            "text": ["a", None],
            "list": [[1, None], []],
            "struct": [{"a": 1}, None],
            "enum": pl.Series(["a", "b"], dtype=pl.Enum(["b", "a"])),
            "category": pl.Series(["a", "b"], dtype=pl.Categorical),
            "when": [datetime.datetime(2020, 1, 1), None],
            "day": [datetime.date(2020, 1, 1), None],
        }
    ),
    "polars series": pl.Series("n", [1.0, None, math.nan]),
    "arrow": pa.table(
        {
            "n": pa.chunked_array([[1, None], [3]]),
            "text": ["a", None, ""],
            "nested": [[{"a": 1}], None, []],
            "map": pa.array([[("k", 1)], None, []], type=pa.map_(pa.string(), pa.int64())),
            "dictionary": pa.array(["x", None, "x"]).dictionary_encode(),
        }
    ),
}

VALUES = {
    "text": "grüß\r\ngott\0",
    "bytes": b"\0\xff",
    "json": {"b": [1, 1.0, True, None, "ü", 2**70], "a": {"nan": math.nan, "less": -0.0, "inf": -math.inf}},
    "numpy in json": {"auc": np.float64(0.9), "n": np.int32(3), "half": np.float16(0.1)},
    "tuples and sets": [(1, "a"), {2, 3}, frozenset({"x"}), {1: b"x"}, 1j, {"!": "mine"}],
    "array": np.arange(6.0).reshape(2, 3),
    "no dimension": np.array(3),
    "empty": np.zeros((0, 3)),
    "texts": np.array(["a", "üb"]),
    "moments": np.array(["2020-01-01", "NaT"], dtype="M8[s]"),
    "records": np.array([(1, 0.5)], dtype=[("a", "i4"), ("b", "f8", (1,))]),
    "long double": np.array([1, 2], dtype=np.longdouble),
    "scalar": np.float32(0.1),
    "dates": {"at": datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)},
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_comes_back_equal_without_a_pickle(name: str, trip: Any) -> None:
    made, back = trip(TABLES[name])
    assert (made.codec, made.executes_code, made.notes) == ("table/arrow@1", False, ())
    assert type(back) is type(TABLES[name])
    assert content_digest(back)[:2] == (made.content, made.input)


@pytest.mark.parametrize("name", ["every dtype", "two levels", "dates", "labels in levels", "labels mixed", "range"])
def test_pandas_itself_calls_the_table_equal(name: str, trip: Any) -> None:
    pd.testing.assert_frame_equal(trip(TABLES[name])[1], TABLES[name], check_freq=True)


@pytest.mark.parametrize("name", VALUES)
def test_a_value_comes_back_equal(name: str, trip: Any) -> None:
    made, back = trip(VALUES[name])
    assert type(back) is type(VALUES[name])
    assert content_digest(back)[:2] == (made.content, made.input)


def test_codecs_are_chosen_by_what_keeps_the_value(trip: Any) -> None:
    codecs = {name: trip(value)[0].codec for name, value in VALUES.items()}
    assert codecs["json"] == "json@1"
    assert codecs["numpy in json"] == codecs["tuples and sets"] == "values/json@1"
    assert codecs["array"] == codecs["records"] == "array/npy@1"
    assert (codecs["scalar"], codecs["dates"]) == ("scalar/npy@1", "pickle@1")


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"a": [1j]}),
        pd.DataFrame({"a": [object()]}),
        pd.DataFrame(index=range(2)),
        pd.DataFrame({"a": pd.arrays.IntervalArray.from_tuples([(0, 1)])}),
    ],
)
def test_a_table_arrow_would_change_is_pickled_and_the_step_is_told(table: pd.DataFrame, tmp_path: Path) -> None:
    made = encode(table, tmp_path, "out")
    assert made.codec == "pickle@1"
    assert made.executes_code
    assert "output 'out' is a table kept as a pickle" in made.notes[0]
    assert made.engine == "pandas.DataFrame"


@pytest.mark.parametrize("frequency", ["M", "2M", "Q", "Q-JAN", "Y", "W", "D", "h"])
def test_an_index_of_periods_comes_back(frequency: str, trip: Any) -> None:
    table = pd.DataFrame({"a": [1, 2]}, index=pd.period_range("2020-01", periods=2, freq=frequency, name="when"))
    made, back = trip(table)
    assert made.codec == "table/arrow@1"
    pd.testing.assert_frame_equal(back, table)
    series = trip(table["a"])[1]
    pd.testing.assert_series_equal(series, table["a"])


@pytest.mark.parametrize("error", [ValueError, AttributeError, pa.ArrowNotImplementedError])
def test_a_table_that_the_libraries_refuse_is_pickled(
    error: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise error("no such thing")

    monkeypatch.setattr("restrike.codecs.formats.arrow_file.canonical", refuse)
    made = encode(pd.DataFrame({"a": [1]}), tmp_path, "out")
    assert made.codec == "pickle@1"
    assert f"{error.__name__}: no such thing" in made.notes[0]


def test_attributes_of_a_table_are_not_lost(trip: Any) -> None:
    table = pd.DataFrame({"a": [1]})
    table.attrs["unit"] = "m"
    assert trip(table)[1].attrs == {"unit": "m"}


def test_what_comes_back_can_be_changed(trip: Any) -> None:
    table = trip(TABLE)[1]
    table.loc[0, "real"] = 9.0
    table["whole"] += 1
    array = trip(np.arange(3.0))[1]
    array[0] = 7
    assert (table.loc[0, "real"], array[0]) == (9.0, 7)


def test_json_keeps_the_order_of_keys_and_is_read_by_any_program(tmp_path: Path) -> None:
    made = encode({"b": 1.0, "a": [1]}, tmp_path, "x")
    assert (tmp_path / "x").read_text() == '{"b":1.0,"a":[1]}'
    other = encode({"a": [1], "b": 1.0}, tmp_path, "y")
    assert made.content == other.content
    assert made.input != other.input
    assert list(decode(tmp_path / "x", made.codec)) == ["b", "a"]


def test_a_list_that_appears_twice_stays_one_list(trip: Any) -> None:
    shared = [1]
    made, back = trip({"a": shared, "b": shared})
    assert made.codec == "pickle@1"
    assert back["a"] is back["b"]


def test_equal_tables_are_equal_bytes_however_they_lie_in_memory(tmp_path: Path) -> None:
    text = pa.array(["x", "a", None, "b"])
    garbage = pa.Array.from_buffers(
        pa.string(), 3, [pa.py_buffer(b"\x05"), pa.py_buffer(np.array([0, 1, 4, 5], "<i4")), pa.py_buffer(b"axxxb")]
    )
    numbers = pa.Array.from_buffers(pa.int64(), 3, [pa.py_buffer(b"\x05"), pa.py_buffer(np.array([1, 99, 3]))])
    variants = [
        pa.table({"t": ["a", None, "b"], "n": [1, None, 3]}),
        pa.table({"t": text.slice(1), "n": pa.array([0, 1, None, 3]).slice(1)}),
        pa.table({"t": pa.chunked_array([["a"], [None, "b"]]), "n": pa.chunked_array([[1, None], [3]])}),
        pa.table({"t": garbage, "n": numbers}),
    ]
    made = [encode(table, tmp_path, f"t{number}") for number, table in enumerate(variants)]
    assert len({item.content for item in made}) == 1
    assert len({(tmp_path / f"t{number}").read_bytes() for number in range(len(variants))}) == 1


def test_equal_arrays_are_equal_bytes(tmp_path: Path) -> None:
    array = np.arange(12.0).reshape(3, 4)
    variants = [array, np.asfortranarray(array), array.astype(">f8"), np.repeat(array, 2, axis=1)[:, ::2]]
    made = [encode(item, tmp_path, f"a{number}") for number, item in enumerate(variants)]
    assert len({item.content for item in made}) == 1
    assert len({(tmp_path / f"a{number}").read_bytes() for number in range(len(variants))}) == 1
    assert np.array_equal(np.load(tmp_path / "a0"), array)


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
CELLS = {
    "int64": st.integers(-(2**63), 2**63 - 1),
    "float64": st.floats(allow_nan=True),
    "bool": st.booleans(),
    "string": st.none() | TEXT,
    "object": st.none()
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.integers()
    | st.floats(allow_nan=False),
    "Int64": st.none() | st.integers(-(2**63), 2**63 - 1),
    "category": st.none() | st.sampled_from(["a", "b", "ü"]),
}


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    rows = draw(st.integers(0, 6))
    kinds = draw(st.lists(st.sampled_from(sorted(CELLS)), min_size=1, max_size=5))
    columns = {
        f"c{number}": pd.Series(draw(st.lists(CELLS[kind], min_size=rows, max_size=rows)), dtype=kind)
        for number, kind in enumerate(kinds)
    }
    return pd.DataFrame(columns)


@settings(max_examples=60, deadline=None)
@given(frames())
def test_any_table_survives(frame: pd.DataFrame) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = encode(frame, Path(folder), "t")
        back = decode(Path(folder, "t"), made.codec, None, made.engine)
    assert content_digest(back)[:2] == (made.content, made.input)
    pd.testing.assert_frame_equal(back, frame)


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.complex_numbers()
KEYS = st.text() | st.integers() | st.tuples(st.text(), st.integers())
NESTED = st.recursive(
    LEAVES | st.sets(st.text() | st.integers()),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner) | st.tuples(inner, inner),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(NESTED)
def test_any_nested_value_survives(value: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = encode(value, Path(folder), "v")
        back = decode(Path(folder, "v"), made.codec, None, made.engine)
    assert content_digest(back)[:2] == (made.content, made.input) == content_digest(value)[:2]
    assert type(back) is type(value)
