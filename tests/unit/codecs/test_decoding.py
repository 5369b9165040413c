"""A consumer gets what it asks for by annotation, whatever library the producer used."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from restrike.codecs import CannotConvert, CannotLoad, CannotStore, decode, encode
from restrike.codecs.wanted import name_of

FRAME = pd.DataFrame({"n": [1, 2], "t": ["a", None]}, index=pd.Index([7, 8], name="id"))


@pytest.mark.parametrize(
    ("want", "name"),
    [
        (pd.DataFrame, "pandas.DataFrame"),
        (pl.DataFrame, "polars.DataFrame"),
        (pa.Table, "pyarrow.Table"),
        (np.ndarray, "numpy.ndarray"),
        (npt.NDArray[np.float64], "numpy.ndarray"),
        (pd.DataFrame | None, "pandas.DataFrame"),
        (Annotated[pd.Series, "labels"], "pandas.Series"),
        (dict[str, float], "dict"),
        (pathlib.Path, "Path"),
        ("pd.DataFrame", "pandas.DataFrame"),
        ("Path", "Path"),
        (str, "str"),
        (None, None),
        (Any, None),
        (int | str, None),
        ("Model", None),
        (subprocess.Popen, None),
    ],
)
def test_annotations(want: Any, name: str | None) -> None:
    assert name_of(want) == name


def test_a_pandas_table_for_other_libraries(tmp_path: Path) -> None:
    made = encode(FRAME, tmp_path, "t")
    path = tmp_path / "t"
    assert decode(path, made.codec, pl.DataFrame).to_dict(as_series=False) == {
        "n": [1, 2],
        "t": ["a", None],
        "id": [7, 8],
    }
    assert decode(path, made.codec, pa.Table).column_names == ["n", "t", "id"]
    assert decode(path, made.codec, Path) == path


def test_an_index_without_a_name_is_no_column(tmp_path: Path) -> None:
    made = encode(FRAME.rename_axis(None), tmp_path, "t")
    assert decode(tmp_path / "t", made.codec, pl.DataFrame).columns == ["n", "t"]


@pytest.mark.parametrize("table", [pl.DataFrame({"n": [1, 2]}), pa.table({"n": [1, 2]})])
def test_tables_of_other_libraries_for_pandas_and_numpy(table: Any, tmp_path: Path) -> None:
    made = encode(table, tmp_path, "t")
    pd.testing.assert_frame_equal(decode(tmp_path / "t", made.codec, pd.DataFrame), pd.DataFrame({"n": [1, 2]}))
    assert decode(tmp_path / "t", made.codec, pd.Series).tolist() == [1, 2]
    assert decode(tmp_path / "t", made.codec, np.ndarray).tolist() == [[1], [2]]


def test_values_as_text_and_bytes(tmp_path: Path) -> None:
    made = encode({"a": 1.0}, tmp_path, "j")
    assert decode(tmp_path / "j", made.codec, str) == '{"a":1.0}'
    assert decode(tmp_path / "j", made.codec, bytes) == b'{"a":1.0}'
    assert decode(tmp_path / "j", made.codec, dict) == {"a": 1.0}
    made = encode("grüß", tmp_path, "t")
    assert decode(tmp_path / "t", made.codec, bytes).decode() == decode(tmp_path / "t", made.codec) == "grüß"


def test_a_file_for_whoever_asks(tmp_path: Path) -> None:
    source = tmp_path / "scores.csv"
    source.write_text("id,score\n1,0.5\n")
    made = encode(source, tmp_path, "scores")
    assert (made.codec, made.kind, made.content, made.engine) == ("file@1", "file", None, ".csv")
    assert decode(tmp_path / "scores", made.codec) == tmp_path / "scores"
    assert decode(tmp_path / "scores", made.codec, pd.DataFrame, made.engine).score.tolist() == [0.5]
    assert decode(tmp_path / "scores", made.codec, str, made.engine) == "id,score\n1,0.5\n"


def test_a_folder_with_its_links_and_modes(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "deep").mkdir(parents=True)
    (source / "deep" / "run").write_text("x")
    (source / "deep" / "run").chmod(0o755)
    (source / "link").symlink_to("deep/run")
    made = encode(source, tmp_path, "kept")
    assert (made.codec, made.kind) == ("folder@1", "folder")
    assert (tmp_path / "kept" / "link").is_symlink()
    assert (tmp_path / "kept" / "deep" / "run").stat().st_mode & 0o100
    with pytest.raises(CannotConvert, match="is a folder"):
        decode(tmp_path / "kept", made.codec, pd.DataFrame)


def test_an_output_written_in_place_stays_there(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    encode(tmp_path / "out", tmp_path, "out")
    assert (tmp_path / "out").read_text() == "x"


def test_paths_that_cannot_be_kept(tmp_path: Path) -> None:
    with pytest.raises(CannotStore, match="where there is nothing"):
        encode(tmp_path / "gone", tmp_path, "x")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "folder" / "pipe")
    with pytest.raises(CannotStore, match="neither a file"):
        encode(tmp_path / "folder", tmp_path, "y")


@pytest.mark.parametrize("place", ["file", "folder", "link", "alone"])
def test_names_that_are_not_utf8_are_refused(place: str, tmp_path: Path) -> None:
    folder, odd = tmp_path / "folder", os.fsdecode(b"n.gr\xfcn")
    folder.mkdir()
    if place == "link":
        (folder / "plain").symlink_to(odd)
    elif place == "folder":
        (folder / odd).mkdir()
    else:
        (folder / odd).write_text("x")
    with pytest.raises(CannotStore) as caught:
        encode(folder / odd if place == "alone" else folder, tmp_path, "kept")
    assert "output 'kept' holds" in caught.value.what
    assert ("plain" if place == "link" else r"n.gr\xfcn") in caught.value.what
    assert "is not UTF-8" in caught.value.what
    assert not (tmp_path / "kept").exists()


def test_a_generator_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(CannotStore) as caught:
        encode((n for n in range(3)), tmp_path, "x")
    assert "return list(...) instead" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("value", "want", "message"),
    [
        ("text", pd.DataFrame, "text cannot be given as 'pandas.DataFrame'"),
        (np.zeros(2), pl.DataFrame, "an array cannot be given as 'polars.DataFrame'"),
        (FRAME, dict, "a pandas.DataFrame cannot be given as 'dict'"),
        (FRAME, pd.Series, "a pandas.DataFrame cannot be given as 'pandas.Series'"),
    ],
)
def test_what_makes_no_sense_is_refused(value: Any, want: Any, message: str, tmp_path: Path) -> None:
    made = encode(value, tmp_path, "v")
    with pytest.raises(CannotConvert, match=message):
        decode(tmp_path / "v", made.codec, want)


def test_an_unknown_codec_and_damaged_artifacts(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"{")
    with pytest.raises(CannotLoad, match="does not know"):
        decode(tmp_path / "x", "newer@7")
    with pytest.raises(CannotLoad, match="is not JSON"):
        decode(tmp_path / "x", "json@1")
    with pytest.raises(CannotLoad, match="cannot be unpickled"):
        decode(tmp_path / "x", "pickle@1")


def test_the_digest_is_none_with_a_note_where_a_value_cannot_be_told(tmp_path: Path) -> None:
    nodes = [Node() for _ in range(14)]
    for node in nodes:
        node.others = nodes
    made = encode(nodes, tmp_path, "graph")
    assert (made.content, made.input) == (None, None)
    assert "no content digest, so only bytes are compared: 'graph" in made.notes[0]


class Node:
    others: list[Any]

    def __init__(self) -> None:
        self.links = [self]

    def __reduce__(self) -> Any:
        return Node, (), {"others": self.others, "links": list(self.others)}


def test_importing_the_room_loads_the_standard_library_only() -> None:
    code = (
        "import sys, pkgutil, importlib, restrike.codecs as room\n"
        "for m in pkgutil.walk_packages(room.__path__, 'restrike.codecs.'): importlib.import_module(m.name)\n"
        "print(sorted({n.partition('.')[0] for n in sys.modules} - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(eval(done.stdout))
    assert not loaded & {"numpy", "pandas", "pyarrow", "polars", "sklearn", "scipy"}
