"""A first look at a table: which columns it has and what they seem to be. A guess, made to be corrected."""

from __future__ import annotations

import csv
import itertools
from dataclasses import dataclass
from pathlib import Path

from restrike.config.scalars import meaning

ROWS = 200  # rows looked at
FEW = 20  # more different values than this are no categories
LONGEST_NAME = 80
_LABELS = frozenset({"label", "target", "class", "outcome", "y"})
_SEPARATORS = {".csv": ",;\t|", ".tsv": "\t", ".txt": "\t,;|"}


@dataclass(frozen=True)
class Column:
    """A column with its texts in the first rows; empty ones are left out, and it is then not `whole`."""

    name: str
    values: tuple[str, ...]
    whole: bool

    @property
    def numeric(self) -> bool:
        return bool(self.values) and all(_is_number(value) for value in self.values)

    @property
    def counts_rows(self) -> bool:
        """Whether it looks like a row number: whole numbers, each one more than the last."""
        if len(self.values) < 3 or not all(value.isdecimal() for value in self.values):
            return False
        return all(int(after) == int(before) + 1 for before, after in itertools.pairwise(self.values))

    @property
    def categories(self) -> int:
        return len(set(self.values))


@dataclass(frozen=True)
class Table:
    """What a file of separated values seems to hold."""

    header: bool
    separator: str
    encoding: str
    columns: tuple[Column, ...]

    @property
    def label(self) -> Column:
        """The column that has a label's name, else the last; where that has holes, one of two values without any."""
        named = [column for column in self.columns if column.name.lower() in _LABELS]
        last = self.columns[-1]
        if named or last.whole:
            return (named or [last])[0]
        return next((column for column in self.columns if column.whole and column.categories == 2), last)

    @property
    def regression(self) -> bool:
        return self.label.numeric and self.label.categories > FEW

    def features(self) -> dict[str, list[str]]:
        """Return the columns by group; row numbers and free text are in none, unless there is nothing else."""
        found: dict[str, list[str]] = {"numeric": [], "categorical": []}
        for column in self.columns:
            if column is self.label:
                continue
            if column.numeric and not column.counts_rows:
                found["numeric"].append(column.name)
            elif not column.numeric and 1 < column.categories <= FEW:
                found["categorical"].append(column.name)
        if not any(found.values()):
            found["numeric"] = [column.name for column in self.columns if column is not self.label]
        return {group: names for group, names in found.items() if names}


def look(path: Path) -> Table | None:
    """Return what a file seems to hold, None if it is not a file of separated values that can be read."""
    candidates = _SEPARATORS.get(path.suffix.lower())
    if candidates is None:
        return None
    for encoding in ("utf-8", "latin-1"):
        try:
            with path.open(encoding=encoding, newline="") as stream:
                return _table(stream.read(1 << 20), candidates, encoding)
        except UnicodeDecodeError:
            continue
        except (OSError, csv.Error):
            return None
    return None


def _table(text: str, candidates: str, encoding: str) -> Table | None:
    first = text.partition("\n")[0]
    separator = max(candidates, key=first.count)
    rows = list(itertools.islice(csv.reader(text.splitlines(keepends=True), delimiter=separator), ROWS + 1))
    width = len(rows[0]) if rows else 0
    if width < 2:
        return None
    header = _names_columns(rows[0], rows[1:])
    names = rows[0] if header else [f"c{position + 1}" for position in range(width)]
    body = [row for row in rows[header:] if len(row) == width]
    texts = [[row[at] for row in body] for at in range(width)]
    columns = (
        Column(name, tuple(filter(None, values)), all(values)) for name, values in zip(names, texts, strict=True)
    )
    return Table(header, separator, encoding, tuple(columns))


def _names_columns(row: list[str], below: list[list[str]]) -> bool:
    """Whether a row holds names: texts, none of them empty, given twice or found among the values below it."""
    if any(_is_number(name) or len(name) > LONGEST_NAME for name in row) or len({*row, ""}) <= len(row):
        return False
    return not any(name == other[at] for other in below if len(other) == len(row) for at, name in enumerate(row))


def _is_number(text: str) -> bool:
    try:
        return isinstance(meaning(text.strip()), int | float) and text.strip().lower() not in ("true", "false")
    except ValueError:
        return False
