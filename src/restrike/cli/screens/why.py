"""`restrike why`: what a step was compared with, what changed, and what its reuse rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from restrike.cli.screens.layout import facts, lines, stack, state, table
from restrike.cli.screens.patch import coloured
from restrike.cli.screens.words import counted, short, when

Document = Mapping[str, Any]

COUNTED = {
    "files": "file of the project",
    "folders": "listed folder",
    "distributions": "package",
    "libraries": "library or program of the machine",
    "inputs": "input",
}
PLURAL = {
    "file of the project": "files of the project",
    "library or program of the machine": "libraries or programs of the machine",
}


def screen(document: Document) -> RenderableType:
    steps = document["steps"]
    if len(steps) == 1 and "rests_on" in steps[0]:
        return one(steps[0])
    rows = [[step["step"], state(step["state"]), reason(step)] for step in steps]
    return table([("", "left"), ("", "left"), ("", "left")], rows) or Text()


def reason(step: Document) -> Text:
    return Text(step["text"], style="dim" if step["because"] == "unchanged" else "")


def one(step: Document) -> RenderableType:
    """Draw the whole answer for one step."""
    compared = f"{short(step['compared'])}  {when(step['started'])}" if step["compared"] else None
    role = "result of run" if step["state"] == "reused" else "compared with run"
    rests = step["rests_on"]
    return stack(
        Text.assemble((step["step"], "bold"), "  ", state(step["state"]), f": {step['text']}"),
        facts(
            [
                (role, compared),
                ("changed", lines(_changes(step))),
                ("rests on", lines(_rests(rests)) if rests else None),
                ("counts whole", lines(_whole(rests)) if rests else None),
            ]
        ),
    )


def _changes(step: Document) -> Iterator[Text]:
    for change in step["changes"]:
        yield Text(change["text"])
        for line in change["lines"]:
            yield Text("    ").append_text(coloured(line))
    if step["more"]:
        yield Text(f"and {step['more']} more", style="dim")


def _rests(rests: Document) -> Iterator[str]:
    if rests["all_code"] is None and rests["modules"]:
        modules = counted(rests["modules"], "module of the project", "modules of the project")
        yield f"{counted(rests['definitions'], 'definition')} in {modules}" if rests["definitions"] else modules
    for name, word in COUNTED.items():
        if rests[name] and not (name == "distributions" and rests["all_distributions"]):
            yield counted(rests[name], word, PLURAL.get(word))


def _whole(rests: Document) -> Iterator[str]:
    if rests["all_code"]:
        yield f"all of the code, as {rests['all_code']}"
    if rests["all_distributions"]:
        yield f"every package, as {rests['all_distributions']}"
    for item in rests["widened"]:
        yield f"{item['module']}, as it {item['why']}"
