"""`restrike store`: what a look at the store has found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from restrike.cli.screens.layout import facts, stack, titled
from restrike.cli.screens.words import counted, seconds, short, size

Document = Mapping[str, Any]


def checked(document: Document) -> RenderableType:
    problems = document["problems"]
    looked_at = counted(document["runs"], "run")
    if not problems:
        return Text.assemble(("sound", "bold green"), f"  {looked_at}")
    head = Text.assemble((counted(len(problems), "problem"), "bold red"), f" in {looked_at}")
    return stack(head, *(_problem(problem) for problem in problems))


def _problem(problem: Document) -> Group | None:
    runs = ", ".join(short(run) for run in problem.get("runs") or [])
    title = f"{problem['kind']} {short(problem['digest'])}" if problem.get("digest") else problem["kind"]
    return titled(
        title,
        facts(
            [
                ("file", str(problem["path"])),
                ("found", problem.get("detail")),
                ("hurts", Text(f"runs {runs}" if runs else "no run", style="red" if runs else "dim")),
            ]
        ),
    )


def reindexed(document: Document) -> RenderableType:
    took = f" in {seconds(document['seconds'])}" if document.get("seconds") is not None else ""
    made = f"index made anew: {counted(document['runs'], 'run')}, {counted(document['records'], 'record')}{took}"
    damaged = document.get("damaged")
    return Text.assemble(
        made, (f"\n{counted(damaged, 'damaged record')} left out: restrike store check", "red") if damaged else ""
    )


def tidied(document: Document) -> RenderableType:
    word = "would remove" if document.get("dry_run") else "removed"
    return Text(f"{word} {counted(document['objects'], 'object')}, {size(document['bytes'])}")
