"""Data files as the project declares them (`read:`): CSV, TSV, JSON Lines and Parquet as tables, the rest as is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from restrike.codecs import wanted
from restrike.codecs.errors import CannotConvert, CannotRead
from restrike.codecs.formats import json_text

TABLES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
}
_ENGINES = ("pandas.DataFrame", "polars.DataFrame", "pyarrow.Table")


def read_data(path: Path, read: dict[str, Any], want: Any = None) -> Any:
    """Return a dataset as what a step asks for by annotation.

    Without an annotation a table is given as the first of pandas, polars and pyarrow that is installed, anything else
    as a `Path`. `read` holds `header` (bool), `columns`, `separator`, `encoding`, `types` (by column: int, float, text,
    bool, category) and `missing` (texts that mean no value); a file whose suffix says nothing is a table if `read`
    says anything. `str` and `bytes` give the content of the file.
    """
    name = wanted.name_of(want)
    path = Path(path)
    if name == "Path" or (path.is_dir() and name is None):
        return path
    if path.is_dir():
        raise CannotConvert(
            f"'{path.name}' is a folder and cannot be given as '{name}'", hint="annotate the input as Path"
        )
    if name is None:
        if not read and path.suffix.lower() not in TABLES:
            return path
        name = next((engine for engine in _ENGINES if _installed(engine.partition(".")[0])), None)
        if name is None:
            return path
    return read_file(path, read, name, suffix=path.suffix)


def read_file(path: Path, read: dict[str, Any], want: str, *, suffix: str) -> Any:
    """Return a file as what is wanted; `suffix` says what it is where its first bytes don't."""
    if want == "bytes":
        return path.read_bytes()
    if want == "str":
        return _text(path, read)
    if want in ("dict", "list"):
        return _json(path, read)
    if want == "numpy.ndarray" and suffix == ".npy":
        from restrike.codecs.formats import arrays

        return arrays.read(path)
    from restrike.codecs import table_files

    return table_files.read(path, _kind(path, suffix), read, want)


def _kind(path: Path, suffix: str) -> str:
    with open(path, "rb") as stream:
        start = stream.read(6)
    if start[:4] == b"PAR1":
        return "parquet"
    if start == b"ARROW1":
        return "arrow"
    return TABLES.get(suffix.lower(), "csv")


def _text(path: Path, read: dict[str, Any]) -> str:
    encoding = read.get("encoding") or "utf-8"
    data = path.read_bytes()
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CannotRead(
            f"'{path.name}' is not {encoding}: byte {error.start} (line {line}) is {data[error.start]:#04x}",
            where=f"{path.name}:{line}",
            hint="read: {encoding: latin-1}",
        ) from error


def _json(path: Path, read: dict[str, Any]) -> Any:
    try:
        return json_text.loads(_text(path, read))
    except ValueError as error:
        raise CannotRead(f"'{path.name}' is not JSON: {error}", where=path.name) from error


def _installed(library: str) -> bool:
    import importlib.util

    return importlib.util.find_spec(library) is not None
