"""Data files read as declared, with one meaning for every library."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest

from restrike.codecs import CannotConvert, CannotRead, read_data

ENGINES = [pd.DataFrame, pl.DataFrame, pa.Table]


def as_lists(table: Any) -> dict[str, list[Any]]:
    if isinstance(table, pd.DataFrame):
        table = pa.Table.from_pandas(table, preserve_index=False)
    return table.to_pydict() if isinstance(table, pa.Table) else table.to_dict(as_series=False)


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def make(name: str, data: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return make


@pytest.mark.parametrize("want", ENGINES)
@pytest.mark.parametrize(
    ("name", "data", "read", "expected"),
    [
        ("a.csv", "n,t\n1,x\n2,\n", {}, {"n": [1, 2], "t": ["x", None]}),
        ("a.tsv", "n\tt\n1\tx\n", {}, {"n": [1], "t": ["x"]}),
        ("a.csv", "1,x\n2,y\n", {"header": False, "columns": ["n", "t"]}, {"n": [1, 2], "t": ["x", "y"]}),
        ("a.csv", "a,b\n1,x\n", {"columns": ["n", "t"]}, {"n": [1], "t": ["x"]}),
        ("a.csv", "n;t\n1;x\n", {"separator": ";"}, {"n": [1], "t": ["x"]}),
        ("a.data", "n,t\n1,x\n", {"header": True}, {"n": [1], "t": ["x"]}),
        ("a.csv", "n,t\n1,gr\xfc\xdf\n".encode("latin-1"), {"encoding": "latin-1"}, {"n": [1], "t": ["grüß"]}),
        ("a.csv", "n,t\n-9,x\n2,y\n", {"missing": ["-9"], "types": {"n": "int"}}, {"n": [None, 2], "t": ["x", "y"]}),
        ("a.csv", "n,t\n1,007\n", {"types": {"n": "float", "t": "text"}}, {"n": [1.0], "t": ["007"]}),
        ("a.csv", "x,y\n1,007\n", {"columns": ["n", "t"], "types": {"t": "text"}}, {"n": [1], "t": ["007"]}),
        ("a.csv", "n\ntrue\nfalse\n", {"types": {"n": "bool"}}, {"n": [True, False]}),
        ("a.csv", "n\nu\nv\nu\n", {"types": {"n": "category"}}, {"n": ["u", "v", "u"]}),
        ("a.csv", 'n,t\n1,"two\nlines, quoted"\n', {}, {"n": [1], "t": ["two\nlines, quoted"]}),
        ("a.csv", "\ufeffn\n1\n", {}, {"n": [1]}),
        ("a.jsonl", '{"n": 1, "t": "x"}\n{"n": 2, "t": null}\n', {}, {"n": [1, 2], "t": ["x", None]}),
    ],
)
def test_text_tables(want: Any, name: str, data: Any, read: dict[str, Any], expected: Any, write: Any) -> None:
    table = read_data(write(name, data), read, want)
    assert type(table) is want
    assert as_lists(table) == expected


@pytest.mark.parametrize("want", ENGINES)
def test_parquet_and_arrow_are_known_by_their_first_bytes(want: Any, write: Any) -> None:
    frame = pd.DataFrame({"n": [1, 2]})
    for make in (frame.to_parquet, frame.to_feather):
        stream = io.BytesIO()
        make(stream)
        assert as_lists(read_data(write("data.bin", stream.getvalue()), {}, want)) == {"n": [1, 2]}


def test_without_an_annotation(write: Any, tmp_path: Path) -> None:
    assert isinstance(read_data(write("a.csv", "n\n1\n"), {}), pd.DataFrame)
    assert isinstance(read_data(write("a.dat", "1\n"), {"header": False, "columns": ["n"]}), pd.DataFrame)
    assert read_data(write("a.dat", "1\n"), {}) == tmp_path / "a.dat"
    assert read_data(tmp_path, {}) == tmp_path


def test_other_annotations(write: Any) -> None:
    path = write("a.csv", "n\n1\n")
    assert read_data(path, {}, Path) == path
    assert read_data(path, {}, str) == "n\n1\n"
    assert read_data(path, {}, bytes) == b"n\n1\n"
    assert read_data(path, {}, np.ndarray).tolist() == [[1]]
    assert read_data(write("c.json", '{"a": 1}'), {}, dict) == {"a": 1}
    array = np.arange(3)
    stream = io.BytesIO()
    np.save(stream, array)
    assert read_data(write("a.npy", stream.getvalue()), {}, np.ndarray).tolist() == [0, 1, 2]


@pytest.mark.parametrize("want", ENGINES)
def test_the_same_columns_as_a_plain_pandas_script(want: Any, write: Any) -> None:
    text = "a,b\n0.1,1e-320\n123456789.123456789,NA\n"
    table = read_data(write("a.csv", text), {"missing": ["NA"]}, want)
    assert as_lists(table)["a"] == pytest.approx([0.1, 123456789.12345679], rel=1e-15)
    if want is pd.DataFrame:
        pd.testing.assert_frame_equal(table, pd.read_csv(io.StringIO(text)))


@pytest.mark.parametrize(
    ("name", "data", "read", "message"),
    [
        ("a.csv", "", {}, "'a.csv' is empty"),
        ("a.csv", "1,2,3\n", {"header": False, "columns": ["a", "b"]}, "has 3 columns, and 2 are declared"),
        ("a.csv", "n\ngr\xfc\n".encode("latin-1"), {"columns": ["n"]}, "is not utf-8"),
        ("a.csv", "n\nx\n", {"types": {"n": "int"}}, "cannot be read"),
        ("a.parquet", "no parquet", {}, "cannot be read"),
    ],
)
@pytest.mark.parametrize("want", ENGINES)
def test_files_that_are_not_as_declared(want: Any, name: str, data: Any, read: Any, message: str, write: Any) -> None:
    with pytest.raises(CannotRead, match=message):
        read_data(write(name, data), read, want)


def test_an_uneven_row_is_told_with_its_line(write: Any) -> None:
    with pytest.raises(CannotRead) as caught:
        read_data(write("a.csv", "a,b\n1,2\n1,2,3\n"), {}, pd.DataFrame)
    assert caught.value.where == "a.csv:3"


def test_a_broken_line_of_json_is_told(write: Any) -> None:
    with pytest.raises(CannotRead) as caught:
        read_data(write("a.jsonl", '{"n": 1}\n{"n": \n'), {}, pd.DataFrame)
    assert caught.value.where == "a.jsonl:2"


def test_text_in_another_encoding_names_the_line(write: Any) -> None:
    with pytest.raises(CannotRead) as caught:
        read_data(write("a.txt", b"a\n\xff\n"), {}, str)
    assert (caught.value.where, caught.value.hint) == ("a.txt:2", "read: {encoding: latin-1}")


def test_a_folder_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(CannotConvert, match="is a folder"):
        read_data(tmp_path, {}, pd.DataFrame)


TWICE = pa.table([pa.array([1]), pa.array([2]), pa.array([3])], names=["a", "b", "a"])


def arrow_bytes(kind: str) -> bytes:
    stream = io.BytesIO()
    if kind == "parquet":
        pyarrow.parquet.write_table(TWICE, stream)
    else:
        with pa.ipc.new_file(stream, TWICE.schema) as file:
            file.write_table(TWICE)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "read", "where"),
    [
        ("d.csv", "a,b,a\n1,2,3\n", {}, "d.csv:1"),
        ("d.csv", "\ufeffa,b,a\n1,2,3\n", {}, "d.csv:1"),
        ("d.tsv", "a\tb\ta\n1\t2\t3\n", {}, "d.tsv:1"),
        ("d.csv", "1,2,3\n", {"header": False, "columns": ["a", "b", "a"]}, "d.csv"),
        ("d.jsonl", '{"a": 1}\n{"a": 1, "b": 2, "a": 3}\n', {}, "d.jsonl:2"),
        ("d.parquet", arrow_bytes("parquet"), {}, "d.parquet"),
        ("d.arrow", arrow_bytes("arrow"), {}, "d.arrow"),
    ],
)
@pytest.mark.parametrize("want", ENGINES)
def test_a_column_named_twice_is_refused(want: Any, name: str, data: Any, read: Any, where: str, write: Any) -> None:
    with pytest.raises(CannotRead, match="column 'a' more than once, at positions 1 and 3") as caught:
        read_data(write(name, data), read, want)
    assert caught.value.where == where


@pytest.mark.parametrize("want", ENGINES)
def test_names_given_for_a_doubled_header_tell_the_columns_apart(want: Any, write: Any) -> None:
    table = read_data(write("d.csv", "a,b,a\n1,2,3\n"), {"columns": ["a", "b", "c"]}, want)
    assert as_lists(table) == {"a": [1], "b": [2], "c": [3]}
