"""`restrike check`: a table of steps and variations, then every flinch with what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from restrike.cli.screens import measures
from restrike.cli.screens.layout import Column, Fitting, facts, lines, stack, table, titled
from restrike.cli.screens.reproduce import scope
from restrike.cli.screens.words import ABSENT, counted, seconds, short

Document = Mapping[str, Any]

WORDS = {
    "identical": "same bytes",
    "equal": "same values",
    "held": "held",
    "different": "DIFFERENT",
    "not judged": "not judged",
}
STYLES = {
    "identical": "green",
    "equal": "cyan",
    "held": "yellow",
    "different": "bold red",
    "not judged": "magenta",
}


def screen(document: Document) -> RenderableType:
    return stack(
        varied(document),
        *(flinch(item) for item in document["flinches"]),
        held(document),
        not_tried(document),
        scope(document.get("scope") or {}),
        outcome(document),
    )


def varied(document: Document) -> Group | None:
    """Draw the state of each step under each variation; where that is too wide, each step by itself."""
    names = [item["variation"] for item in document["variations"]]
    columns: list[Column] = [("", "left"), *((step["step"], "left") for step in document["steps"])]
    rows = [[name, *(_state(step["states"].get(name)) for step in document["steps"])] for name in names]
    across = table(columns, rows)
    listed = [(step["step"], _listed(step["states"])) for step in document["steps"]]
    narrow = facts(listed)
    return titled("varied", Fitting(across, narrow)) if across and narrow else None


def _state(state: str | None) -> Text:
    return Text(WORDS[state], style=STYLES[state]) if state else Text(ABSENT, style="dim")


def _listed(states: Mapping[str, str]) -> RenderableType | None:
    by_state: dict[str, list[str]] = {}
    for name, state in states.items():
        by_state.setdefault(state, []).append(name)
    return lines(
        Text.assemble((WORDS[state], STYLES[state]), f": {', '.join(names)}") for state, names in by_state.items()
    )


def flinch(item: Document) -> Group | None:
    """Tell what one variation did to one step."""
    cause = item.get("cause") or {}
    evidence = lines(str(entry) for entry in cause.get("evidence") or ())
    moved = measures.compared(item["metrics"], "recorded", "varied") if item["metrics"] else None
    told: list[RenderableType | None] = [
        facts(
            [
                ("changed", item["changes"]),
                ("artifact", item.get("artifact")),
                ("where", item.get("where")),
                ("recorded", _value(item.get("ours"))),
                ("varied", _value(item.get("theirs"))),
                ("size", item.get("detail")),
                ("cause", Text(cause["detail"]) if cause else None),
                ("evidence", evidence),
                ("likely at", lines(_place(place) for place in item.get("places") or ())),
                ("advice", Text(item["advice"], style="bold cyan")),
            ]
        ),
        moved and Padding(moved, (1, 0, 0, 0)),
    ]
    return titled(f"{item['step']} minds: {item['variation']}", Group(*(part for part in told if part is not None)))


def _place(place: Document) -> str:
    return f"{place['file']}:{place['line']}: `{place['text']}`"


def _value(value: Any) -> Text | None:
    return None if value is None else Text(str(value))


def held(document: Document) -> Group | None:
    """Tell what came out otherwise under something that the recipe keeps from varying, and by how much."""
    found = document.get("held") or ()
    told = [(f"{item['step']}.{item['artifact'] or '?'}", f"{item['variation']}: {item['detail']}") for item in found]
    return titled("held by " + ", ".join(dict.fromkeys(item["by"] for item in found)), facts(told)) if found else None


def not_tried(document: Document) -> Group | None:
    return titled("not tried", lines(f"{item['variation']}: {item['why']}" for item in document.get("left_out") or ()))


def outcome(document: Document) -> Group:
    """Say whether anything minded, of which run, and what it took."""
    flinches = document["flinches"]
    steps = dict.fromkeys(item["step"] for item in flinches)
    if flinches:
        head = Text.assemble((" FLINCHED ", "reverse bold red"), f"  {counted(len(steps), 'step')}: {', '.join(steps)}")
    else:
        varied = "was varied" if not document.get("held") else "may vary"
        head = Text.assemble((" ROBUST ", "reverse bold green"), f"  every step gave the same, whatever {varied}")
    took = f"{counted(document['executions'], 'execution')}, {seconds(document['seconds'])}"
    return Group(
        head,
        Text(f"run {short(document['run'])}", style="dim"),
        Text(f"check {short(document['check'])}, {took}", style="dim"),
    )
