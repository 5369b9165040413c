"""The comparison as Markdown, and its place in the documentation."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence

from compare import Compared
from mutations import Mutation
from tool import HERE
from verdicts import Truth

PAGE = HERE.parents[1] / "docs" / "concepts" / "cache-compared.md"
BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"
KINDS = ("right", "stale", "needless", "failed", "cannot express")
MARKS = {"right": "ok", "stale": "**stale**", "needless": "needless", "failed": "failed", "cannot express": "–"}


def tables(compared: Sequence[Compared], mutations: Sequence[Mutation], truth: Mapping[str, Truth]) -> str:
    """Return the counts and the table of every mutation."""
    changing = [mutation for mutation in mutations if truth[mutation.name].changed]
    harmless = [mutation for mutation in mutations if not truth[mutation.name].changed]
    day = max((found.day for found in compared), default="")
    parts = [
        f"Measured on {day} with Python {platform.python_version()}. Of {len(mutations)} changes, {len(changing)} "
        f"change a result and {len(harmless)} change none.\n",
        _summary(compared),
        f"### Changes that change a result ({len(changing)})\n",
        _grid(compared, changing),
        f"### Changes that change none ({len(harmless)})\n",
        _grid(compared, harmless),
    ]
    return "\n".join(parts)


def write(text: str) -> None:
    """Put the tables into the page."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"{PAGE} has no place for what was measured")
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


def _summary(compared: Sequence[Compared]) -> str:
    rows = [
        [found.tool.title, found.tool.version(), found.tool.how, *(str(found.counts[kind]) for kind in KINDS)]
        for found in compared
    ]
    return _table(["tool", "version", "caching switched on by", *KINDS], rows)


def _grid(compared: Sequence[Compared], mutations: Sequence[Mutation]) -> str:
    rows = [
        [mutation.what, *(MARKS[found.verdicts[mutation.name].kind] for found in compared)] for mutation in mutations
    ]
    return _table(["what changes", *(found.tool.title for found in compared)], rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
