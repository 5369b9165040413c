"""Compare what restrike and other tools reuse, and what they execute again, when one thing has changed.

    python bench/cache/run.py [TOOL...] [--only MUTATION] [--again] [--page]

Each tool works in an environment of its own, below build/. Verdicts are kept there, so an interrupted comparison goes
on where it stopped. Prints the tables as Markdown; --page puts them into docs/concepts/cache-compared.md instead. Exit
status 1 where restrike is stale or fails, or a tool could not be compared.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import page
from compare import CRASHES, Compared, compare, truths
from mutations import ALL
from peers import COMPARED, PLAIN, RESTRIKE
from tool import HERE, Tool


def main(arguments: list[str]) -> int:
    chosen = _parser().parse_args(arguments)
    tools = [tool for tool in COMPARED if not chosen.tool or tool.label in chosen.tool]
    mutations = [mutation for mutation in ALL if not chosen.only or mutation.name in chosen.only]
    if chosen.again:
        shutil.rmtree(chosen.folder / "results", ignore_errors=True)
    truth = truths(chosen.folder, PLAIN, ALL)

    def compared(tool: Tool) -> Compared | None:
        try:
            found = compare(chosen.folder, tool, mutations, truth)
        except CRASHES as error:
            print(f"{tool.title} could not be compared: {error}", file=sys.stderr)
            return None
        _tell(found, chosen.details)
        return found

    with ThreadPoolExecutor(chosen.workers) as pool:
        every = [found for found in pool.map(compared, tools) if found]
    text = page.tables(every, mutations, truth)
    if chosen.page:
        page.write(text)
    else:
        print(text)
    own = sum((found.counts for found in every if found.tool == RESTRIKE), Counter())
    return int(own["stale"] + own["failed"] > 0 or len(every) < len(tools))


def _tell(compared: Compared, details: bool) -> None:
    for name, verdict in compared.verdicts.items():
        if details or verdict.kind == "failed":
            print(f"{compared.tool.label}: {name}: {verdict.kind} {verdict.detail}", file=sys.stderr)
    counts = ", ".join(f"{times} {kind}" for kind, times in sorted(compared.counts.items()))
    print(f"{compared.tool.title}: {counts}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("tool", nargs="*", help=f"of {', '.join(tool.label for tool in COMPARED)} (default: all)")
    parser.add_argument("--only", action="append", metavar="MUTATION", help="this mutation; may be repeated")
    parser.add_argument("--again", action="store_true", help="forget what was measured before")
    parser.add_argument("--page", action="store_true", help="put the tables into the documentation")
    parser.add_argument("--details", action="store_true", help="print every verdict")
    parser.add_argument("--workers", type=int, default=2, help="how many tools at once (default: 2)")
    parser.add_argument("--folder", type=Path, default=HERE.parents[1] / "build" / "bench-cache")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
