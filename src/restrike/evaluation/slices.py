"""Parts of the rows that are judged on their own: by a condition, by the values of a column, or by its ranges."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from restrike.evaluation import expression
from restrike.evaluation.conditions import column_of, matches, text_of
from restrike.evaluation.errors import SliceError

OWN = ("key", "part", "truth", "prediction", "score")  # columns of a predictions table that are not the data's
DATA_PREFIX = "data."  # a column of the data whose name is one of those stands in the predictions table under this
MOST_VALUES = 100  # of a column that rows are sliced by; beyond that someone forgot the bins


@dataclass(frozen=True)
class Slice:
    """A named part of the rows; `rows` is a boolean array over all of them."""

    name: str
    rows: Any


def columns(declared: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the columns that slices read, each once, in order of appearance."""
    found: dict[str, None] = {}
    for entry in declared:
        if "where" in entry:
            found |= dict.fromkeys(expression.names(expression.parse(entry["where"])))
        else:
            found[entry["by"]] = None
    return list(found)


def cut(declared: Iterable[Mapping[str, Any]], table: Mapping[str, Any]) -> list[Slice]:
    """Return the slices of a predictions table (column name -> array), in declared order.

    Slices by a column come in the order of its values, rows without a value last. Raise SliceError for a column that
    is missing, has too many values or none of the type that its bins need, and for names used twice.
    """
    found: list[Slice] = []
    for entry in declared:
        if "where" in entry:
            condition = entry["where"]
            found.append(Slice(entry.get("name") or condition, matches(expression.parse(condition), table)))
        elif entry.get("bins"):
            found += _by_bins(entry["by"], entry["bins"], table)
        else:
            found += _by_values(entry["by"], table)
    seen: set[str] = set()
    for item in found:
        if item.name in seen:
            raise SliceError(f"two slices are called '{item.name}'", hint="give one of them another `name`")
        seen.add(item.name)
    return found


def _by_values(name: str, table: Mapping[str, Any]) -> list[Slice]:
    column = column_of(name, table)
    values = column.distinct()
    if len(values) > MOST_VALUES:
        raise SliceError(
            f"slices by '{name}' would be {len(values)}; {MOST_VALUES} are the most",
            hint=f"{{by: {name}, bins: [...]}} cuts a number into ranges",
        )
    found = [Slice(f"{name} = {text_of(value)}", column.equals(value)) for value in values]
    return found + ([Slice(f"{name} is null", column.null)] if column.null.any() else [])


def _by_bins(name: str, bins: Sequence[float], table: Mapping[str, Any]) -> list[Slice]:
    column = column_of(name, table)
    if column.kind != "number":
        raise SliceError(f"'{name}' has bins but holds {column.kind}, not numbers")
    if any(low >= high for low, high in itertools.pairwise(bins)):
        raise SliceError(f"the bins of '{name}' do not rise: {', '.join(map(text_of, bins))}")
    import numpy as np

    values = np.where(column.null, 0.0, column.values.astype(float))
    edges = [text_of(edge) for edge in bins]
    found = [Slice(f"{name} < {edges[0]}", ~column.null & (values < bins[0]))]
    for position in range(len(bins) - 1):
        inside = (values >= bins[position]) & (values < bins[position + 1])
        found.append(Slice(f"{edges[position]} <= {name} < {edges[position + 1]}", ~column.null & inside))
    found.append(Slice(f"{name} >= {edges[-1]}", ~column.null & (values >= bins[-1])))
    return found + ([Slice(f"{name} is null", column.null)] if column.null.any() else [])
