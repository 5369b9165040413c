"""Print measurements as a table."""

from __future__ import annotations

import statistics
from collections.abc import Iterable

from measure import Measurement

HEADER = ("", "min", "median", "max", "unit", "budget", "", "plain Python")
WIDTHS = (50, 7, 7, 7, 4, 7, 5, 12)


def header() -> str:
    return _line(HEADER)


def line(measured: Measurement) -> str:
    """Return one row: the spread, the budget and whether the median is within it, and plain Python's median."""
    verdict = {True: "ok", False: "OVER", None: ""}[measured.within]
    return _line(
        (
            f"{measured.topic}: {measured.what}",
            *(_number(value) for value in (min(measured.values), measured.median, max(measured.values))),
            measured.unit,
            "" if measured.budget is None else f"{measured.budget:g}",
            verdict,
            _number(statistics.median(measured.plain)) if measured.plain else "",
        )
    )


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def _line(cells: Iterable[str]) -> str:
    first, *rest = cells
    return " ".join(
        [first.ljust(WIDTHS[0]), *(cell.rjust(width) for cell, width in zip(rest, WIDTHS[1:], strict=True))]
    )
