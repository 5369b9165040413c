from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from restrike.training import rows, split
from restrike.training.errors import ComponentError, DataError

FRACTIONS = {"train": 0.5, "eval": 0.25, "test": 0.25}


def loaded(frame: pandas.DataFrame, key: list[str] | None = None) -> pandas.DataFrame:
    return frame.set_axis(pandas.Index(rows.keys(frame, key, "d"), name="key", dtype=object), axis=0)


def hashed(frame: pandas.DataFrame, key: list[str] | None = None, salt: str = "", **fractions: float) -> dict[str, str]:
    table = loaded(frame, key)
    found = split.by_hash(table, fractions=fractions or FRACTIONS, key=key, salt=salt)
    return dict(zip(found["key"], found["part"], strict=True))


def many(count: int = 200) -> pandas.DataFrame:
    random = np.random.default_rng(1)
    return pandas.DataFrame({"id": np.arange(count), "x": random.normal(size=count), "y": list("ab") * (count // 2)})


def test_typed_cells() -> None:
    assert [rows.cell(value) for value in (1, 1.0, np.float64(1), np.int8(1))] == [b"n1"] * 4
    assert rows.cell("1") == b"t1"
    assert rows.cell(True) == rows.cell(np.bool_(True)) == b"b1"
    assert rows.cell(1.5) == b"n1.5"
    assert rows.cell(-0.0) == b"n0"
    assert rows.cell("ü") == "tü".encode()
    assert {rows.cell(value) for value in (None, float("nan"), pandas.NA, pandas.NaT)} == {b"?"}
    assert rows.cell(pandas.Timestamp("2024-01-02")) == b"d2024-01-02T00:00:00"


def test_pinned_digests() -> None:
    """The format of row keys and hash splits: changing it would move rows of everyone's splits."""
    frame = pandas.DataFrame({"a": [1, 2, 1], "b": ["x", None, "x"]})
    assert rows.keys(frame, None, "d") == [
        "e002d46620a10a00c46a06313db3e21f#1",
        "e2fe9726453c64bb575b3c606e276127#1",
        "e002d46620a10a00c46a06313db3e21f#2",
    ]
    assert rows.joined(frame, ["a", "b"]) == [b"2:n12:tx", b"2:n21:?", b"2:n12:tx"]
    assert split.hash_of(b"2:n1", b"") == 0x416AD276AB267AFB
    assert split.hash_of(b"2:n1", b"salt") == 0x80A7257A3561EF2E


def test_cells_cannot_run_into_each_other() -> None:
    a = pandas.DataFrame({"p": ["ab", "a"], "q": ["c", "bc"]})
    assert len(set(rows.digests(a))) == 2


def test_keys() -> None:
    frame = pandas.DataFrame({"id": [1, 2, 3], "site": ["x", "x", "y"], "v": [0.5, 0.5, 0.5]})
    assert rows.keys(frame, ["id"], "d") == ["1", "2", "3"]
    assert rows.keys(frame, ["site", "id"], "d") == ['["x",1]', '["x",2]', '["y",3]']
    shared = rows.keys(frame, ["site"], "d")
    assert shared[2] == "y"
    assert len(set(shared)) == 3
    assert all(key.startswith("x#") for key in shared[:2])
    same = rows.keys(pandas.concat([frame, frame]), ["id"], "d")
    assert len(set(same)) == 6
    with pytest.raises(DataError, match="key column 'id' of data 'd' is empty in 1 of 2 rows \\(the first is row 2\\)"):
        rows.keys(pandas.DataFrame({"id": [1.0, None]}), ["id"], "d")


cells = st.one_of(st.integers(-9, 9), st.sampled_from(["a", "b", "1"]), st.none(), st.floats(-2, 2).map(float))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from("abc")), min_size=1, max_size=40), st.randoms())
def test_a_hash_split_survives_reordering_and_appending(values: list[tuple[int, str]], random: Any) -> None:
    frame = pandas.DataFrame(values, columns=["n", "t"])
    more = pandas.concat([frame, pandas.DataFrame({"n": [100, 101, 0.5], "t": ["z", None, "a"]})], ignore_index=True)
    order = list(range(len(more)))
    random.shuffle(order)
    before, after = parts_of(frame, None), parts_of(more.iloc[order], None)
    assert all(after[key] == part for key, part in before.items())
    by_key, later = parts_of(frame, ["n"]), parts_of(more.iloc[order], ["n"])
    assert {key.partition("#")[0]: part for key, part in by_key.items()}.items() <= {
        key.partition("#")[0]: part for key, part in later.items()
    }.items()


def parts_of(frame: pandas.DataFrame, key: list[str] | None) -> dict[str, str]:
    table = loaded(frame, key)
    secret: list[bytes] = rows.joined(table, key) if key else [rows.content(name).encode() for name in table.index]
    limits = split._limits(FRACTIONS)
    return {name: split._part(split.hash_of(text, b""), limits) for name, text in zip(table.index, secret, strict=True)}


def test_rows_with_the_same_key_or_content_stay_together() -> None:
    frame = many()
    frame["id"] //= 4
    together = hashed(frame, ["id"])
    found: dict[str, set[str]] = {}
    for key, part in together.items():
        found.setdefault(key.partition("#")[0], set()).add(part)
    assert all(len(parts) == 1 for parts in found.values())
    twice = hashed(pandas.concat([many(), many()]))
    assert all(twice[key] == twice[key[:-1] + "2"] for key in twice if key.endswith("#1"))


def test_shares_salt_and_fractions() -> None:
    frame = pandas.DataFrame({"id": np.arange(20_000)})
    parts = hashed(frame, ["id"])
    counts = pandas.Series(parts.values()).value_counts(normalize=True)
    assert counts.to_dict() == pytest.approx(FRACTIONS, abs=0.012)
    salted = hashed(frame, ["id"], salt="other")
    assert 0.5 < sum(salted[key] != part for key, part in parts.items()) / 20_000 < 0.7
    assert hashed(frame, ["id"], salt="x" * 100) != salted
    # A boundary that moves takes only the rows between the old and the new one along.
    wider = hashed(frame, ["id"], train=0.6, eval=0.15, test=0.25)
    assert {(parts[key], wider[key]) for key in parts} == {
        ("train", "train"),
        ("eval", "eval"),
        ("eval", "train"),
        ("test", "test"),
    }


def test_a_number_that_becomes_a_decimal_column_moves_nothing() -> None:
    whole = pandas.DataFrame({"id": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]})
    decimal = pandas.DataFrame({"id": [*range(1, 11), 10.5]})
    assert hashed(whole, ["id"]).items() <= hashed(decimal, ["id"]).items()


def members(found: pandas.DataFrame) -> dict[str, list[str]]:
    return {part: found["key"][found["part"] == part].tolist() for part in found["part"].unique()}


@pytest.mark.parametrize("stratify", [None, "y"])
def test_random_is_train_test_split(stratify: str | None) -> None:
    frame = many()
    table = loaded(frame, ["id"])
    strata = None if stratify is None else frame[stratify]
    two = members(split.at_random(table, fractions={"train": 0.7, "test": 0.3}, stratify=stratify, seed=3))
    train, test = train_test_split(frame, test_size=0.3, random_state=3, stratify=strata)
    assert two == {"train": [str(key) for key in train["id"]], "test": [str(key) for key in test["id"]]}
    three = members(split.at_random(table, fractions=FRACTIONS, stratify=stratify, seed=3))
    rest, test = train_test_split(frame, test_size=0.25, random_state=3, stratify=strata)
    train, valid = train_test_split(
        rest, test_size=0.25 / (0.5 + 0.25), random_state=3, stratify=None if stratify is None else rest[stratify]
    )
    assert three == {
        name: [str(key) for key in part["id"]] for name, part in (("train", train), ("eval", valid), ("test", test))
    }


def test_what_a_random_split_refuses() -> None:
    table = loaded(many(), ["id"])
    with pytest.raises(ComponentError, match="a seed from 0 to 4294967295, not -1"):
        split.at_random(table, fractions={"train": 0.7, "test": 0.3}, stratify=None, seed=-1)
    with pytest.raises(DataError, match="cannot be split by 'id'"):
        split.at_random(table, fractions={"train": 0.7, "test": 0.3}, stratify="id", seed=1)
    with pytest.raises(DataError, match="the part 'train' and one or two more"):
        split.at_random(table, fractions={"learn": 0.7, "test": 0.3}, stratify=None, seed=1)


def test_by_column() -> None:
    frame = pandas.DataFrame({"use": ["train", "test", "train"], "year": [2001, 2002, 2003]})
    table = loaded(frame)
    assert split.by_column(table, column="use", parts=None)["part"].tolist() == ["train", "test", "train"]
    by_year = split.by_column(table, column="year", parts={"train": [2001, 2002.0], "test": [2003]})
    assert by_year["part"].tolist() == ["train", "train", "test"]
    with pytest.raises(DataError, match=r"row 3 has .*2003.* in column 'year', which belongs to no part"):
        split.by_column(table, column="year", parts={"train": [2001], "test": [2002]})
    with pytest.raises(DataError, match=r"row 1 has .*2001"):  # a text is not the number that it looks like
        split.by_column(table, column="year", parts={"train": ["2001"], "test": [2002, 2003]})
    with pytest.raises(DataError, match="does not hold the names of parts, but values such as 2001"):
        split.by_column(table, column="year", parts=None)
    with pytest.raises(DataError, match="is in both 'train' and 'test'"):
        split.by_column(table, column="year", parts={"train": [2001], "test": [2001, 2002, 2003]})
    with pytest.raises(DataError, match="did you mean 'year'"):
        split.by_column(table, column="yaer", parts=None)


def test_an_empty_part_is_refused() -> None:
    with pytest.raises(DataError, match="no row is in part 'test' \\(train: 1\\)"):
        hashed(many(2).head(1), ["id"], train=0.999999, test=0.000001)
    with pytest.raises(DataError, match="no row is in part 'train'"):
        split.by_column(loaded(pandas.DataFrame({"use": ["test"]})), column="use", parts=None)


def test_files(execute: Any, tmp_path: Path) -> None:
    frame = many()
    frame["label"] = (frame["x"] > 0).astype(int)
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    frame.head(150).to_csv(old, index=False)
    frame.tail(60).to_csv(new, index=False)  # ten rows are in both
    done = execute(files_config(["x"]), {"metrics": ["accuracy"]}, {"old": old, "new": new})
    assert done["evaluate.metrics"]["test"]["accuracy"]["n"] == 60
    keys = done["split.membership"]["key"].tolist()
    assert len(set(keys)) == 210
    assert sum(key.endswith("#2") for key in keys) == 10


def files_config(features: Sequence[str]) -> dict[str, Any]:
    return {
        "features": {"numeric": list(features)},
        "label": "label",
        "split": {"method": "files", "files": {"train": "old", "test": "new"}},
        "train": {"use": "sklearn.linear_model:LogisticRegression"},
    }
