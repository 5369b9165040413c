"""Table files read by the library whose table is wanted, with one meaning of `read:` for all of them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from restrike.codecs import column_names
from restrike.codecs.errors import CannotConvert, CannotRead

SEPARATORS = {"csv": ",", "tsv": "\t"}


def read(path: Path, kind: str, given: dict[str, Any], want: str) -> Any:
    """Return a csv, tsv, jsonl, parquet or arrow file as `want`. Raise CannotRead with the line where one is known."""
    library, _, cls = want.partition(".")
    if library not in _READERS or cls not in ("DataFrame", "Table", "ndarray"):
        raise CannotConvert(f"'{path.name}' cannot be given as '{want}'", hint="annotate the input as Path")
    if path.stat().st_size == 0:
        raise CannotRead(f"'{path.name}' is empty", where=path.name)
    if kind in SEPARATORS:
        _check_width(path, kind, given)
    _check_names(path, kind, given)
    table: Any = _READERS[library](path, kind, given)
    return table


def _pandas(path: Path, kind: str, given: dict[str, Any]) -> Any:
    import pandas

    try:
        if kind == "parquet":
            return pandas.read_parquet(path)
        if kind == "arrow":
            return pandas.read_feather(path)
        if kind == "jsonl":
            # Not read_json: it guesses dates by the names of columns.
            types = {name: _PANDAS[kind] for name, kind in given.get("types", {}).items()}
            frame = pandas.DataFrame.from_records(_json_lines(path, given)).astype(types)
        else:
            missing = given.get("missing")
            frame = pandas.read_csv(
                path,
                sep=_separator(kind, given),
                header=0 if given.get("header", True) else None,
                names=given.get("columns"),
                encoding=_encoding(given),
                dtype={name: _PANDAS[kind] for name, kind in given.get("types", {}).items()},
                na_values=missing,
                keep_default_na=missing is None,
                index_col=False,
            )
    except (ValueError, UnicodeDecodeError, OSError, LookupError) as error:
        raise _complaint(path, error, given) from error
    return _settled(frame, given)


def _settled(frame: Any, given: dict[str, Any]) -> Any:
    """Return the frame with the declared types, plain where no value is missing."""
    for name, kind in given.get("types", {}).items():
        if name in frame.columns and kind in ("int", "bool") and not frame[name].isna().any():
            frame[name] = frame[name].astype("int64" if kind == "int" else "bool")
    return frame


_PANDAS = {"int": "Int64", "float": "float64", "text": "str", "bool": "boolean", "category": "category"}


def _polars(path: Path, kind: str, given: dict[str, Any]) -> Any:
    import polars

    types = {"int": polars.Int64, "float": polars.Float64, "text": polars.String, "bool": polars.Boolean}
    overrides = {name: types.get(kind, polars.Categorical) for name, kind in given.get("types", {}).items()}
    try:
        if kind == "parquet":
            return polars.read_parquet(path)
        if kind == "arrow":
            return polars.read_ipc(path)
        if kind == "jsonl":
            return polars.read_ndjson(_utf8(path, given), schema_overrides=overrides, infer_schema_length=None)
        columns = given.get("columns")
        frame = polars.read_csv(
            _utf8(path, given),
            separator=_separator(kind, given),
            has_header=given.get("header", True),
            null_values=given.get("missing"),
            infer_schema_length=None,
            schema_overrides={_original(path, kind, given, name): dtype for name, dtype in overrides.items()},
        )
        return frame.rename(dict(zip(frame.columns, columns, strict=True))) if columns else frame
    except (polars.exceptions.PolarsError, ValueError) as error:
        raise _complaint(path, error, given) from error


def _original(path: Path, kind: str, given: dict[str, Any], name: str) -> str:
    """Return what polars calls a column before it is renamed."""
    columns = given.get("columns")
    if not columns or name not in columns:
        return name
    position: int = columns.index(name)
    return _first_record(path, kind, given)[position] if given.get("header", True) else f"column_{position + 1}"


def _pyarrow(path: Path, kind: str, given: dict[str, Any]) -> Any:
    import pyarrow
    import pyarrow.csv
    import pyarrow.feather
    import pyarrow.json
    import pyarrow.parquet

    types = {"int": pyarrow.int64(), "float": pyarrow.float64(), "text": pyarrow.string(), "bool": pyarrow.bool_()}
    category = pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
    wanted = {name: types.get(kind, category) for name, kind in given.get("types", {}).items()}
    try:
        if kind == "parquet":
            return pyarrow.parquet.read_table(path)
        if kind == "arrow":
            return pyarrow.feather.read_table(path, memory_map=False)
        if kind == "jsonl":
            return pyarrow.json.read_json(_utf8(path, given))
        header, columns, missing = given.get("header", True), given.get("columns"), given.get("missing")
        return pyarrow.csv.read_csv(
            _utf8(path, given),
            read_options=pyarrow.csv.ReadOptions(
                column_names=columns,
                skip_rows=1 if header and columns else 0,
                autogenerate_column_names=not (header or columns),
            ),
            parse_options=pyarrow.csv.ParseOptions(delimiter=_separator(kind, given), newlines_in_values=True),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=wanted, strings_can_be_null=True, **({} if missing is None else {"null_values": missing})
            ),
        )
    except (pyarrow.ArrowException, ValueError) as error:
        raise _complaint(path, error, given) from error


def _json_lines(path: Path, given: dict[str, Any]) -> list[dict[str, Any]]:
    records = []
    with open(path, encoding=_encoding(given)) as stream:
        for number, line in enumerate(stream, 1):
            try:
                record = json.loads(line) if line.strip() else {}
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from error
            if not isinstance(record, dict):
                raise ValueError(f"line {number} is not an object")
            if record:
                records.append(record)
    return records


def _numpy(path: Path, kind: str, given: dict[str, Any]) -> Any:
    return _pandas(path, kind, given).to_numpy()


_READERS: dict[str, Callable[[Path, str, dict[str, Any]], Any]] = {
    "pandas": _pandas,
    "polars": _polars,
    "pyarrow": _pyarrow,
    "numpy": _numpy,
}


def _separator(kind: str, given: dict[str, Any]) -> str:
    return given.get("separator") or SEPARATORS[kind]


def _encoding(given: dict[str, Any]) -> str:
    return given.get("encoding") or "utf-8"


def _utf8(path: Path, given: dict[str, Any]) -> Any:
    """Return the path, or where the file has another encoding, its text as UTF-8 in memory."""
    if _encoding(given).lower().replace("_", "-") in ("utf-8", "utf8", "ascii"):
        return path
    return io.BytesIO(path.read_bytes().decode(_encoding(given)).encode("utf-8"))


def _check_width(path: Path, kind: str, given: dict[str, Any]) -> None:
    """Refuse a file whose first record has another number of fields than columns are declared: readers would guess."""
    columns = given.get("columns")
    if not columns:
        return
    found = len(_first_record(path, kind, given))
    if found != len(columns):
        raise CannotRead(
            f"'{path.name}' has {found} columns, and {len(columns)} are declared",
            where=f"{path.name}:1",
            hint=f"name all {found} columns under read.columns, and check read.separator",
        )


def _check_names(path: Path, kind: str, given: dict[str, Any]) -> None:
    """Refuse a file in which a column's name does not tell which column is meant."""
    if kind == "jsonl":
        column_names.check_lines(path, _encoding(given))
    elif kind not in SEPARATORS:
        column_names.check(path, column_names.of_schema(path, kind))
    elif given.get("columns"):
        column_names.check(path, given["columns"])
    elif given.get("header", True):
        column_names.check(path, _first_record(path, kind, given), line=1)


def _first_record(path: Path, kind: str, given: dict[str, Any]) -> list[str]:
    try:
        with open(path, encoding=_encoding(given), newline="") as stream:
            if stream.read(1) != "\ufeff":  # the mark of a file from a spreadsheet is no part of a name
                stream.seek(0)
            records = csv.reader(stream, delimiter=_separator(kind, given))
            return next((record for record in records if record), [])
    except (UnicodeDecodeError, LookupError, csv.Error) as error:
        raise _complaint(path, error, given) from error


def _complaint(path: Path, error: Exception, given: dict[str, Any]) -> CannotRead:
    """Return a reader's complaint with the line it names, if it names one."""
    if isinstance(error, UnicodeDecodeError):
        return CannotRead(
            f"'{path.name}' is not {_encoding(given)}: {error.reason} at byte {error.start}",
            where=path.name,
            hint="read: {encoding: latin-1}",
        )
    text = " ".join(str(error).split())
    if fields := re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", text):
        expected, line, found = fields.groups()
        return CannotRead(
            f"'{path.name}' has {found} fields in line {line}, where {expected} are expected",
            where=f"{path.name}:{line}",
            hint="mend that line, or check read.separator; a field that holds the separator has to be quoted",
        )
    place = re.search(r"(?:line|row|Row #)\s*#?(\d+)", text)
    return CannotRead(
        f"'{path.name}' cannot be read: {text[:300]}", where=f"{path.name}:{place[1]}" if place else path.name
    )
