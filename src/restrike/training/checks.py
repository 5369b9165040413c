"""What can be wrong with data, told so that their owner finds it. Rows count from 1, without the header."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from restrike.evaluation.conditions import is_null
from restrike.training.errors import DataError, nearest
from restrike.training.rows import Table

BLOCK = 1 << 20
TEXT = {".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".json"}


def file(path: Path, name: str, encoding: str) -> None:
    """Refuse a file that is empty, or a text that is not in its encoding."""
    if path.is_dir():
        raise DataError(f"data '{name}' is a folder; training needs a single table")
    if path.stat().st_size == 0:
        raise DataError(f"data '{name}' ({path.name}) is empty")
    if path.suffix.lower() in TEXT:
        _decodable(path, name, encoding)


def _decodable(path: Path, name: str, encoding: str) -> None:
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
    except LookupError:
        raise DataError(f"data '{name}' is declared in an encoding that does not exist: '{encoding}'") from None
    done = held = 0
    with open(path, "rb") as stream:
        while True:
            block = stream.read(BLOCK)
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                offset = done - held + error.start  # the decoder had held back the last bytes of the block before
                raise _undecodable(path, name, encoding, offset) from None
            if not block:
                return
            done, held = done + len(block), len(decoder.getstate()[0])


def _undecodable(path: Path, name: str, encoding: str, offset: int) -> DataError:
    with open(path, "rb") as stream:
        before = stream.read(offset)
        byte = stream.read(1)[0]
    return DataError(
        f"data '{name}' ({path.name}) is not {encoding}: byte {offset} (line {before.count(10) + 1}) is 0x{byte:02x}",
        hint=f"say what it is under data: {name}: read: {{encoding: latin-1}}",
    )


def columns(table: Table, name: str, wanted: Sequence[str]) -> None:
    """Refuse a table that lacks a column."""
    for column in wanted:
        if column not in table.columns:
            known = [str(other) for other in table.columns]
            shown = ", ".join(known[:30]) + (", ..." if len(known) > 30 else "")
            raise DataError(
                f"data '{name}' has no column '{column}'{nearest(column, known)}", f"its columns are: {shown}"
            )


def names(table: Table, name: str) -> None:
    """Refuse a table with two columns of one name."""
    from restrike.codecs import column_names

    if found := column_names.repeated(table.columns):
        raise DataError(f"data '{name}' has {column_names.told(*found)}", hint="give each column a name of its own")


def label(table: Table, name: str, column: str) -> None:
    """Refuse labels that are missing or of several types."""
    values = table[column]
    missing = values.isna().to_numpy()
    if missing.any():
        raise DataError(
            f"label '{column}' of data '{name}' is missing in {missing.sum()} of {len(values)} rows "
            f"(the first is row {int(missing.argmax()) + 1})",
            hint="leave those rows out of the data, or fill the label in",
        )
    if values.dtype == object:
        _one_type(values, name, column)


def _one_type(values: Any, name: str, column: str) -> None:
    examples: dict[str, Any] = {}
    for value in values.drop_duplicates() if values.map(type).nunique() == 1 else values:
        examples.setdefault(type(value).__name__, value)
    if len(examples) > 1:
        told = " and ".join(f"{value!r} ({kind})" for kind, value in examples.items())
        raise DataError(
            f"label '{column}' of data '{name}' has values of several types: {told}",
            hint=f"say which one it is under data: {name}: read: {{types: {{{column}: text}}}}",
        )


def numeric(table: Table, name: str, column: str) -> None:
    """Refuse a numeric feature that holds anything but numbers, true, false and missing values."""
    import pandas

    values = table[column]
    if pandas.api.types.is_numeric_dtype(values.dtype) or pandas.api.types.is_bool_dtype(values.dtype):
        return
    if values.isna().all():
        raise DataError(f"numeric feature '{column}' of data '{name}' has no value in any row")
    for position, value in enumerate(values):
        if not is_null(value) and not _is_number(value):
            raise DataError(
                f"numeric feature '{column}' of data '{name}' holds {value!r} in row {position + 1}",
                hint=f"put '{column}' under features: categorical, or say what is missing: "
                f"data: {name}: read: {{missing: ['', {value!r}]}}",
            )
    raise DataError(
        f"numeric feature '{column}' of data '{name}' was read as {values.dtype}",
        hint=f"say that it is a number under data: {name}: read: {{types: {{{column}: float}}}}",
    )


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def parts(membership: Table, names: Sequence[str]) -> None:
    """Refuse a split that leaves one of its parts without rows."""
    found = membership["part"].value_counts()
    for part in names:
        if part not in found.index:
            counts = ", ".join(f"{name}: {count}" for name, count in sorted(found.items()))
            raise DataError(
                f"no row is in part '{part}' ({counts or 'no rows at all'})",
                "check the split; for shares of rows, there may be too few of them",
            )


def classes(values: Any, label: str, what: str) -> None:
    """Refuse labels that a classifier cannot be fitted on."""
    distinct = values.unique()
    if len(distinct) < 2:
        only = distinct[0].item() if hasattr(distinct[0], "item") else distinct[0]
        raise DataError(f"label '{label}' has a single class, {only!r}, in {what}", "a classifier needs two or more")
    if values.dtype.kind == "f" and not (values == values.round()).all():
        raise DataError(
            f"label '{label}' holds fractions such as {next(v for v in distinct if v != round(v))}, and the estimator "
            "is a classifier",
            hint="use a regressor, or make classes of the label",
        )


def numbers(values: Any, label: str) -> None:
    """Refuse labels that a regressor cannot be fitted on."""
    if values.dtype.kind not in "iufb":
        raise DataError(
            f"label '{label}' holds text such as {values.iloc[0]!r}, and the estimator is a regressor",
            hint="use a classifier, or name a label that is a number",
        )
