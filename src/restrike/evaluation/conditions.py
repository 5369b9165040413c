"""`where` expressions applied to columns, with SQL's rule for missing values.

A comparison or sum with a missing value is unknown; `not` unknown is unknown; `and` with false is false, `or` with true
is true, else unknown stays unknown. A row belongs to the slice only where the condition is true. Missing are null, NaN
and NaT. A quotient or remainder by 0 is missing.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

from restrike.evaluation.errors import ExpressionError, SliceError
from restrike.evaluation.expression import (
    Arithmetic,
    Comparison,
    Constant,
    IsNull,
    Junction,
    Membership,
    Name,
    Negation,
    Node,
)

Kind = Literal["number", "text", "boolean", "date"]

SIGNS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class Column:
    """Values with the places where there are none; values at those places mean nothing."""

    kind: Kind
    values: Any
    null: Any

    def distinct(self) -> list[Any]:
        """Return the values that occur, sorted, as Python values."""
        import numpy as np

        present = self.values[~self.null]
        if self.kind == "date":
            return list(np.unique(present))
        return sorted(set(present.tolist()))

    def equals(self, value: Any) -> Any:
        return ~self.null & (self.values == value)


@dataclass(frozen=True)
class Truth:
    """Three-valued: where neither is set, the condition is unknown."""

    true: Any
    false: Any


def matches(tree: Node, table: Mapping[str, Any]) -> Any:
    """Return a boolean array: the rows for which the condition is true.

    Raise ExpressionError where types don't fit, SliceError for a column that is not there.
    """
    return _truth(tree, table).true


def column_of(name: str, table: Mapping[str, Any]) -> Column:
    """Return a column of a predictions table; the data's own comes before `truth`, `prediction` and the like."""
    found = table.get(f"data.{name}", table.get(name))
    if found is None:
        known = [other[5:] if other.startswith("data.") else other for other in table]
        close = get_close_matches(name, known, n=1)
        advice = f" (did you mean '{close[0]}'?)" if close else ""
        raise SliceError(
            f"there is no column '{name}' to slice by{advice}", hint=f"the columns are: {', '.join(known)}"
        )
    return as_column(found, name)


def as_column(array: Any, name: str) -> Column:
    """Return an array as a column of one of the four kinds; raise SliceError for mixed or other values."""
    import numpy as np

    values = np.asarray(array)
    if values.dtype.kind in "iu":
        return Column("number", values, np.zeros(len(values), bool))
    if values.dtype.kind == "f":
        return Column("number", values, np.isnan(values))
    if values.dtype.kind == "b":
        return Column("boolean", values, np.zeros(len(values), bool))
    if values.dtype.kind == "M":
        return Column("date", values, np.isnat(values))
    null = np.fromiter((is_null(value) for value in values), bool, len(values))
    kinds = {_kind_of(value) for value in values[~null].tolist()}
    if len(kinds) > 1 or None in kinds:
        held = ", ".join(sorted({type(value).__name__ for value in values[~null].tolist()}))
        raise SliceError(f"column '{name}' holds values of several types ({held})")
    kind: Kind = kinds.pop() or "text" if kinds else "text"
    blank: dict[str, Any] = {"number": 0, "text": "", "boolean": False, "date": None}
    filled = values.astype(object)
    filled[null] = blank[kind]
    if kind in ("number", "boolean"):
        filled = filled.astype(float if kind == "number" else bool)
    return Column(kind, filled, null)


def is_null(value: Any) -> bool:
    """Tell whether a single value is missing: None, NaN, NaT or pandas' NA, whichever library it is from."""
    if value is None:
        return True
    if type(value).__name__ in ("NAType", "NaTType"):
        return True
    return bool(isinstance(value, float) and value != value)


def text_of(value: Any) -> str:
    """Return a value as slice names show it: 50.0 as `50`, dates in ISO form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _kind_of(value: Any) -> Kind | None:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return "text" if isinstance(value, str) else None


def _truth(node: Node, table: Mapping[str, Any]) -> Truth:
    if isinstance(node, Negation):
        part = _truth(node.part, table)
        return Truth(part.false, part.true)
    if isinstance(node, Junction):
        return _joined(node, table)
    if isinstance(node, IsNull):
        missing = _value(node.item, table).null
        return Truth(missing, ~missing)
    if isinstance(node, Comparison):
        return _compared(node.sign, _value(node.left, table), _value(node.right, table), node)
    if isinstance(node, Membership):
        return _member(node, table)
    column = _value(node, table)
    if column.kind != "boolean":
        raise ExpressionError(
            f"{_told(node)} holds {column.kind} and is no condition", node.position, "compare it with something"
        )
    values = column.values.astype(bool)
    return Truth(~column.null & values, ~column.null & ~values)


def _joined(node: Junction, table: Mapping[str, Any]) -> Truth:
    parts = [_truth(part, table) for part in node.parts]
    true, false = parts[0].true, parts[0].false
    for part in parts[1:]:
        if node.word == "and":
            true, false = true & part.true, false | part.false
        else:
            true, false = true | part.true, false & part.false
    return Truth(true, false)


def _member(node: Membership, table: Mapping[str, Any]) -> Truth:
    item = _value(node.item, table)
    tests = [
        _compared("==", item, _constant(value, len(item.null)), Comparison("==", node.item, value, node.position))
        for value in node.values
    ]
    true = tests[0].true
    for test in tests[1:]:
        true = true | test.true
    return Truth(true, ~item.null & ~true)


def _compared(sign: str, left: Column, right: Column, node: Comparison) -> Truth:
    import numpy as np

    left, right = _dated(left, right, node), _dated(right, left, node)
    if left.kind != right.kind:
        raise ExpressionError(
            f"{_told(node.left)} holds {left.kind}, but {_told(node.right)} is {right.kind}",
            node.position,
            _quote(node, left),
        )
    if left.kind == "boolean" and sign not in ("==", "!="):
        raise ExpressionError(f"true and false have no order for '{sign}'", node.position)
    known = ~(left.null | right.null)
    result = np.asarray(SIGNS[sign](left.values, right.values), dtype=bool)
    return Truth(known & result, known & ~result)


def _dated(column: Column, other: Column, node: Comparison) -> Column:
    """Return texts as dates where they are compared with dates."""
    import numpy as np

    if column.kind != "text" or other.kind != "date":
        return column
    try:
        return Column("date", np.asarray(column.values, dtype="datetime64[ns]"), column.null)
    except ValueError:
        raise ExpressionError("a date is written as '2024-01-31'", node.position) from None


def _quote(node: Comparison, left: Column) -> str | None:
    if left.kind == "text" and isinstance(node.right, Constant):
        return f"texts stand in quotes: '{text_of(node.right.value)}'"
    return None


def _told(node: Node) -> str:
    if isinstance(node, Name):
        return f"'{node.name}'"
    return f"'{text_of(node.value)}'" if isinstance(node, Constant) else "the left or right side"


def _value(node: Node, table: Mapping[str, Any]) -> Column:
    if isinstance(node, Name):
        return column_of(node.name, table)
    if isinstance(node, Constant):
        return _constant(node, _length(table))
    if isinstance(node, Arithmetic):
        return _calculated(node, _value(node.left, table), _value(node.right, table))
    result = _truth(node, table)
    return Column("boolean", result.true, ~(result.true | result.false))


def _calculated(node: Arithmetic, left: Column, right: Column) -> Column:
    import numpy as np

    for side, column in ((node.left, left), (node.right, right)):
        if column.kind != "number":
            raise ExpressionError(f"{_told(side)} holds {column.kind}; '{node.sign}' needs numbers", node.position)
    a, b = left.values.astype(float), right.values.astype(float)
    null = left.null | right.null
    with np.errstate(all="ignore"):
        result = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "%": np.mod}[node.sign](a, b)
    if node.sign in "/%":
        null = null | (b == 0)
    return Column("number", result, null | np.isnan(result))


def _constant(node: Constant, length: int) -> Column:
    import numpy as np

    kind = _kind_of(node.value) or "text"
    values = np.full(length, node.value, dtype=object if kind == "text" else None)
    return Column(kind, values, np.zeros(length, bool))


def _length(table: Mapping[str, Any]) -> int:
    return len(next(iter(table.values())))
