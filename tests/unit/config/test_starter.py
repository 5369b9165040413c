"""The first configuration: it loads, whatever the data are called, and guesses what can be guessed."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from restrike.config import starter
from restrike.config.parse import parse
from restrike.config.starter import text


def written(path: Path, rows: list[list[Any]], **options: Any) -> Path:
    with path.open("w", newline="", encoding=options.pop("encoding", "utf-8")) as stream:
        csv.writer(stream, **options).writerows(rows)
    return path


def test_without_data_it_loads(load_text: Any) -> None:
    config = load_text(starter(None))
    assert config.name == "project"
    assert config.training is not None


def test_columns_are_guessed(load_text: Any, tmp_path: Path) -> None:
    rows = [["id", "age", "sex", "note", "ill"]]
    rows += [[str(n + 1), str(20 + n % 7), "mf"[n % 2], f"text {n}", str(n % 2)] for n in range(60)]
    rows[5][1] = ""
    config = load_text(starter(written(tmp_path / "people.csv", rows)))
    assert config.training["features"] == {"numeric": ["age"], "categorical": ["sex"]}
    assert config.training["label"] == "ill"
    assert "# Left out, as row numbers, free text or constants: id, note\n" in starter(tmp_path / "people.csv")
    assert config.training["train"]["use"] == "sklearn.linear_model:LogisticRegression"
    assert "check it" in starter(tmp_path / "people.csv")


def test_a_label_with_many_numbers_is_a_regression(load_text: Any, tmp_path: Path) -> None:
    rows = [["x", "price"], *[[str(n * n), str(n * 1.5)] for n in range(50)]]
    config = load_text(starter(written(tmp_path / "a.csv", rows)))
    assert config.training["train"]["use"] == "sklearn.linear_model:Ridge"
    assert config.evaluate["metrics"] == ["r2", "rmse", "mae"]


def test_a_column_named_like_a_label_is_one(load_text: Any, tmp_path: Path) -> None:
    rows = [["target", "x", "y1"], *[[str(n % 2), str(n * n), str(n % 5)] for n in range(50)]]
    config = load_text(starter(written(tmp_path / "a.csv", rows)))
    assert config.training["label"] == "target"
    assert config.training["features"] == {"numeric": ["x", "y1"]}


def test_a_last_column_with_holes_is_no_label_where_another_has_two_values(load_text: Any, tmp_path: Path) -> None:
    rows = [["n", "survived", "port"], *[[str(n * n), str(n % 2), "SCQ"[n % 3]] for n in range(50)]]
    assert load_text(starter(written(tmp_path / "a.csv", rows))).training["label"] == "port"
    rows[40][2] = ""
    assert load_text(starter(written(tmp_path / "a.csv", rows))).training["label"] == "survived"


def test_the_data_are_looked_for_in_the_project(load_text: Any, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    written(tmp_path / "data" / "a.csv", [["x", "price"], *[[str(n * n), str(n * 1.5)] for n in range(50)]])
    assert load_text(starter(Path("data/a.csv"), tmp_path)).training["label"] == "price"


def test_files_without_a_header(load_text: Any, tmp_path: Path) -> None:
    numbers = written(tmp_path / "a.csv", [[str(n * n), str(n % 2)] for n in range(20)])
    read = load_text(starter(numbers)).data["rows"].read
    assert (read["header"], read["columns"]) == (False, ["c1", "c2"])
    texts = written(tmp_path / "a.tsv", [["ham", "hi"], ["spam", "buy"], ["ham", "ho"]], delimiter="\t")
    assert load_text(starter(texts)).data["rows"].read["header"] is False


def test_separator_and_encoding(load_text: Any, tmp_path: Path) -> None:
    rows = [["größe", "art"], ["1,5", "ä"], ["2,5", "ö"], ["3,5", "ä"]]
    path = written(tmp_path / "a.csv", rows, delimiter=";", encoding="latin-1")
    config = load_text(starter(path))
    assert config.data["rows"].read["separator"] == ";"
    assert config.data["rows"].read["encoding"] == "iso8859-1"
    assert config.training["label"] == "art"


@pytest.mark.parametrize("name", ["a.parquet", "folder", "missing.csv", "empty.csv", "one.csv"])
def test_other_files_get_the_path_alone(name: str, load_text: Any, tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "one.csv").write_text("alone\n1\n")
    config = load_text(starter(tmp_path / name))
    assert config.data["rows"].path == str(tmp_path / name)


@given(st.text(max_size=20))
def test_any_text_is_written_so_that_it_is_read_back(value: str) -> None:
    root = parse(f"{{k: [{text(value)}]}}", "f").root
    assert root is not None
    assert root.plain() == {"k": [value]}


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=12).filter(str.strip)


@given(names=st.lists(NAMES, min_size=2, max_size=30, unique=True))
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_header_gives_a_file_that_loads(names: list[str], load_text: Any, tmp_path: Path) -> None:
    rows = [names, *[[str(n * n + k) for k, _ in enumerate(names)] for n in range(30)]]
    config = load_text(starter(written(tmp_path / "a.csv", rows)))
    declared = config.data["rows"].read["columns"] or names
    assert {*config.training["features"].get("numeric", []), config.training["label"]} <= {*declared, "age", "income"}
