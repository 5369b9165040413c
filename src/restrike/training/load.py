"""The step `load`: the columns that the pipeline needs of a dataset, each row under its key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from restrike.evaluation.slices import OWN
from restrike.training import checks
from restrike.training.errors import DataError
from restrike.training.rows import KEY, Table, digests, keys, numbered
from restrike.training.split import in_order


def load(
    data: Path,
    *,
    name: str,
    read: dict[str, Any],
    features: dict[str, list[str]],
    label: str,
    columns: list[str],
    slice_columns: list[str],
    key: list[str] | None,
) -> Table:
    """Return a dataset as a table with the row key as its index, in the file's order.

    Raise DataError where the file is not what the config says: columns missing, rows without label, text for numbers.
    """
    table = _read(data, name, read)
    wanted = _wanted(table, name, features, [label, *columns, *(key or ())], slice_columns)
    _check(table, name, features, label)
    return _indexed(table[wanted], keys(table, key, name))


def load_files(
    *,
    files: dict[str, dict[str, Any]],
    features: dict[str, list[str]],
    label: str,
    columns: list[str],
    slice_columns: list[str],
    key: list[str] | None,
    **inputs: Any,
) -> tuple[Table, Table]:
    """Return datasets that are a part of the split each as one table, and as another which row came from which part.

    `files` says for each part the dataset's name and how to read it; the input `part_NAME` is its path, or the table.
    """
    import pandas

    tables, parts, names = [], [], []
    for part in in_order(files):
        file = files[part]
        table = _read(inputs[f"part_{part}"], file["name"], file["read"])
        wanted = _wanted(table, file["name"], features, [label, *columns, *(key or ())], slice_columns)
        _check(table, file["name"], features, label)
        names += digests(table) if key is None else keys(table, key, file["name"])
        tables.append(table[wanted])
        parts += [part] * len(table)
    if key is None:
        names = numbered(names, "#")
    elif len(set(names)) < len(names):
        again = next(name for name in names if names.count(name) > 1)
        raise DataError(f"key '{again}' is in more than one of the files: {', '.join(files)}")
    whole = _indexed(pandas.concat(tables, ignore_index=True), names)
    return whole, pandas.DataFrame({"key": names, "part": parts})


def _read(data: Any, name: str, read: Mapping[str, Any]) -> Table:
    import pandas

    from restrike.codecs import read_data

    if isinstance(data, Path):
        checks.file(data, name, read.get("encoding") or "utf-8")
        data = read_data(data, dict(read), pandas.DataFrame)
    data.columns = [str(column) for column in data.columns]
    checks.names(data, name)
    if not len(data):
        raise DataError(f"data '{name}' has a header but no rows")
    return data


def _wanted(
    table: Table, name: str, features: Mapping[str, Sequence[str]], needed: Sequence[str], sliced: Sequence[str]
) -> list[str]:
    """Return the columns to keep, in the order in which they stand in the data."""
    named = [column for group in features.values() for column in group] + list(needed)
    # A slice may be about `prediction` or `truth`, which are no columns of the data.
    named += [column for column in sliced if column not in OWN or column in table.columns]
    checks.columns(table, name, named)
    return [column for column in table.columns if column in set(named)]


def _check(table: Table, name: str, features: Mapping[str, Sequence[str]], label: str) -> None:
    checks.label(table, name, label)
    for column in features.get("numeric", ()):
        checks.numeric(table, name, column)


def _indexed(table: Table, names: list[str]) -> Table:
    import pandas

    return table.set_axis(pandas.Index(names, name=KEY, dtype=object), axis=0)
