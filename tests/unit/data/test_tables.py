"""Tables are described, and compared row by row."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restrike import data
from restrike.data.table_diff import compare
from restrike.store import Store

COUNTS = ("rows_added", "rows_removed", "rows_changed", "cells_changed")


def test_a_csv_is_described(project: Path) -> None:
    found = data.profile(project / "data" / "people.csv")
    assert found is not None
    assert found.rows == 40
    age, sex, paid = found.columns
    assert (age.name, age.min, age.max, age.mean, age.distinct, age.nulls) == ("age", 20, 59, 39.5, 40, 0)
    assert (sex.distinct, sex.top) == (2, (("f", 20), ("m", 20)))
    assert (paid.max, paid.mean) == (9.75, 4.875)
    json.dumps(found.document())


@pytest.mark.parametrize(
    ("name", "content", "read", "columns"),
    [
        ("t.tsv", b"a\tb\n1\tx\n", {}, ["a", "b"]),
        ("t.jsonl", b'{"a":1,"b":"x"}\n', {}, ["a", "b"]),
        ("t.dat", b"1;x\n", {"header": False, "separator": ";", "columns": ["a", "b"]}, ["a", "b"]),
    ],
)
def test_each_kind_of_text_table_is_described(
    tmp_path: Path, name: str, content: bytes, read: dict[str, Any], columns: list[str]
) -> None:
    (tmp_path / name).write_bytes(content)
    found = data.profile(tmp_path / name, read)
    assert found is not None
    assert [column.name for column in found.columns] == columns
    assert (found.rows, found.columns[0].max, found.columns[1].top) == (1, 1, (("x", 1),))


def test_parquet_is_described_out_of_the_store(store: Store, tmp_path: Path) -> None:
    import datetime

    table = pa.table(
        {
            "x": [1.0, math.nan, None, math.inf],
            "when": [datetime.date(2024, 1, 2), datetime.date(2023, 1, 2), None, None],
            "list": [[1], [], None, [2, 3]],
            "kind": pa.array(["a", "b", "a", None]).dictionary_encode(),
            "empty": pa.nulls(4),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    digest, _ = store.put_file(tmp_path / "t.parquet")
    found = data.profile(store.path_of(digest))
    assert found is not None
    x, when, nested, kind, empty = found.columns
    assert (x.nulls, x.nans, x.min, x.max, x.mean) == (1, 1, 1.0, math.inf, None)
    assert (when.min, when.max, when.nulls) == ("2023-01-02", "2024-01-02", 2)
    assert (nested.distinct, nested.nulls) == (None, 1)
    assert (kind.top, kind.distinct) == ((("a", 2), ("b", 1)), 2)
    assert (empty.nulls, empty.distinct) == (4, None)


def test_what_is_no_table_is_not_described(tmp_path: Path) -> None:
    (tmp_path / "image.png").write_bytes(b"\x89PNG")
    assert data.profile(tmp_path / "image.png") is None


BASE = pa.table({"id": list(range(20)), "x": [n / 3 for n in range(20)], "t": [f"t{n % 3}" for n in range(20)]})


def test_equal_tables_do_not_differ() -> None:
    found = compare(BASE, BASE, same_bytes=True)
    assert [found[name] for name in COUNTS] == [0, 0, 0, 0]
    assert not found["order_only"]
    assert not found["bytes_only"]
    assert compare(BASE, BASE)["bytes_only"]


@pytest.mark.parametrize("key", [(), ("id",)])
def test_edits_are_counted(key: tuple[str, ...]) -> None:
    rows = BASE.to_pylist()
    rows[3]["x"] = 99.0
    rows[4]["x"], rows[4]["t"] = None, "new"
    del rows[10]
    rows.insert(15, {"id": 100, "x": 0.5, "t": "t9"})
    rows.append({"id": 101, "x": 0.5, "t": "t9"})
    found = compare(BASE, pa.Table.from_pylist(rows, BASE.schema), key=key)
    assert [found[name] for name in COUNTS] == [2, 1, 2, 3]
    assert found["columns_changed"] == {"x": 2, "t": 1}
    assert found["rows"] == [20, 21]


def test_a_deletion_beside_an_edit_is_told_apart() -> None:
    rows = BASE.to_pylist()
    rows[6]["x"] = -1.0
    del rows[5]
    found = compare(BASE, pa.Table.from_pylist(rows, BASE.schema))
    assert [found[name] for name in COUNTS] == [0, 1, 1, 1]


def test_many_changed_rows_and_some_added() -> None:
    big = pa.table({"a": list(range(300)), "b": ["x"] * 300})
    other = pa.table({"a": list(range(305)), "b": ["y"] * 305})
    assert [compare(big, other)[name] for name in COUNTS] == [5, 0, 300, 300]


def test_order_alone_is_told() -> None:
    for other in (BASE.take(list(reversed(range(20)))), BASE.select(["x", "id", "t"])):
        for key in ((), ("id",)):
            found = compare(BASE, other, key=key)
            assert found["order_only"]
            assert [found[name] for name in COUNTS] == [0, 0, 0, 0]


def test_duplicates_nulls_and_nan_are_values() -> None:
    a = pa.table({"a": [1.0, 1.0, None, math.nan, math.nan, 2.0]})
    assert compare(a, a)["bytes_only"]
    found = compare(a, pa.table({"a": [1.0, None, math.nan, 2.0, 2.0]}))
    assert [found[name] for name in COUNTS] == [1, 2, 0, 0]
    found = compare(pa.table({"a": [None]}, schema=pa.schema({"a": pa.float64()})), pa.table({"a": [math.nan]}))
    assert found["rows_changed"] == 1


def test_a_keys_repeated_rows_are_paired_in_order() -> None:
    a = pa.table({"k": [1, 1, 2], "v": ["a", "b", "c"]})
    b = pa.table({"k": [2, 1, 1, 1], "v": ["c", "a", "B", "d"]})
    assert [compare(a, b, key=["k"])[name] for name in COUNTS] == [1, 0, 1, 1]


def test_types_may_change() -> None:
    a = pa.table({"n": [1, 2, 3], "s": ["1", "2", "3"]})
    found = compare(a, pa.table({"n": [1.0, 2.5, 3.0], "s": [1, 2, 3]}))
    assert found["columns_changed"] == {"n": 1}
    large = pa.table({"n": [2**53 + 1]})
    assert compare(large, pa.table({"n": [float(2**53)]}))["rows_changed"] == 1
    assert compare(pa.table({"n": [[1], None]}), pa.table({"n": [[1], [2]]}))["cells_changed"] == 1


def test_columns_that_come_and_go_are_named() -> None:
    found = compare(BASE, BASE.rename_columns(["id", "y", "t"]))
    assert (found["columns_added"], found["columns_removed"]) == (["y"], ["x"])
    assert not found["bytes_only"]
    assert not found["order_only"]
    nothing = compare(pa.table({"a": [1]}), pa.table({"b": [1, 2]}))
    assert nothing["columns_added"] == ["b"]


def test_empty_tables_can_be_compared() -> None:
    empty = BASE.slice(0, 0)
    assert [compare(BASE, empty)[name] for name in COUNTS] == [0, 20, 0, 0]
    assert [compare(empty, BASE, key=["id"])[name] for name in COUNTS] == [20, 0, 0, 0]
    assert compare(empty, empty)["bytes_only"]


_row = st.fixed_dictionaries({"a": st.integers(0, 3), "b": st.sampled_from(["x", "y", None])})
_schema = pa.schema({"a": pa.int64(), "b": pa.string()})


@settings(max_examples=150, deadline=None)
@given(st.lists(_row, max_size=9), st.lists(_row, max_size=9), st.sampled_from([(), ("a",)]))
def test_the_counts_always_add_up(a: list[Any], b: list[Any], key: tuple[str, ...]) -> None:
    ours, theirs = pa.Table.from_pylist(a, _schema), pa.Table.from_pylist(b, _schema)
    found = compare(ours, theirs, key=key)
    assert found["rows_added"] - found["rows_removed"] == len(b) - len(a)
    assert found["rows_changed"] <= found["cells_changed"] <= 2 * found["rows_changed"]
    assert found["bytes_only"] == (a == b)
    same_rows = sorted(repr((row["a"], row["b"])) for row in a) == sorted(repr((row["a"], row["b"])) for row in b)
    if not key:
        assert (found["order_only"] or found["bytes_only"]) == same_rows
    back = compare(theirs, ours, key=key)
    assert (back["rows_added"], back["rows_removed"]) == (found["rows_removed"], found["rows_added"])


def test_versions_in_the_store_are_compared(store: Store, project: Path) -> None:
    path = "data/people.csv"
    first = data.snapshot(store, project, "people", path).digest
    text = (project / path).read_text()
    (project / path).write_text(text.replace("\n25,f,", "\n25,x,"))
    second = data.snapshot(store, project, "people", path).digest
    (project / path).write_bytes(text.replace("\n", "\r\n").encode())
    third = data.snapshot(store, project, "people", path).digest
    found = data.table_diff(store, first, second, {}, path=path)
    assert found is not None
    assert [found[name] for name in COUNTS] == [0, 0, 1, 1]
    again = data.table_diff(store, first, third, path=path)
    assert again is not None
    assert again["bytes_only"]
    same = data.table_diff(store, first, first, path=path)
    assert same is not None
    assert not same["bytes_only"]
    assert data.table_diff(store, first, store.put_bytes(b"\xff\xfe\0"), path=path) is None
    assert data.table_diff(store, first, second, path="data/people.bin") is None


def test_folders_are_compared_by_file(store: Store, project: Path) -> None:
    (project / "data" / "old").write_text("x")
    first = data.snapshot(store, project, "all", "data").digest
    (project / "data" / "old").rename(project / "data" / "new")
    (project / "data" / "people.csv").write_text("changed")
    second = data.snapshot(store, project, "all", "data").digest
    assert data.tree_diff(store, first, second) == {
        "files_added": ["new"], "files_removed": ["old"], "files_changed": ["people.csv"],
    }  # fmt: skip
