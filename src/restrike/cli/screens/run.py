"""`restrike run`: what was done, what came of it, and what it was made from."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from restrike.cli.screens import measures
from restrike.cli.screens.layout import command, facts, lines, stack, state, table, titled
from restrike.cli.screens.words import counted, seconds, short

Document = Mapping[str, Any]

EXECUTED = ("executed", "failed")  # states of steps that took time of their own
REASON = 60  # characters of the reason for an execution
REFUSED = "Undeclared"  # type of the error of a step that asked for what it was not given


def screen(document: Document) -> RenderableType:
    """Draw a run. Its notes were told while it went on, on standard error."""
    return stack(
        steps(document),
        measures.metrics(document),
        measures.slices(document),
        measures.gates(document),
        seal(document),
        failure(document),
        findings(document),
        ending(document),
    )


def steps(document: Document) -> Group | None:
    """Draw what became of each step; a run that reused everything says it in a line."""
    entries = document["steps"]
    if entries and all(step["state"] == "reused" for step in entries):
        text = f"nothing to do: all {counted(len(entries), 'step')} reused"
        return titled("steps", Text(text, style="dim"))
    rows = [
        [
            step["name"],
            state(step["state"]),
            seconds(step["cpu_seconds"]) if step["state"] in EXECUTED else "",
            Text(_reason(step), style="dim"),
        ]
        for step in entries
    ]
    return titled("steps", table([("", "left"), ("", "left"), ("cpu", "right"), ("", "left")], rows))


def _reason(step: Document) -> str:
    """Return why a step was executed again; `restrike why` has all of it."""
    why = step.get("why") or {}
    if step["state"] not in EXECUTED or why.get("because") not in ("changed", "damaged"):
        return ""
    return textwrap.shorten(why["text"], REASON, placeholder=" ...")


def failure(document: Document) -> Group | None:
    """Show the failed steps' errors: a message, or the user's own traceback."""
    failed = [step for step in document["steps"] if step.get("error")]
    return stack(*(_failure(step["name"], step["error"]) for step in failed)) if failed else None


def _failure(name: str, error: Document) -> Group:
    parts: list[RenderableType] = [Text.assemble(("failed", "bold red"), f" in step '{name}'")]
    if error.get("text") and error.get("origin", "step") == "step":
        # why: the lines of a traceback stay whole, so that editors and terminals find the paths in them.
        parts.append(Text(textwrap.indent(error["text"].rstrip(), "  "), no_wrap=True, overflow="ignore"))
    else:
        parts.append(measures.indented(Text(_told(error))))
    if error.get("hint"):
        parts.append(measures.indented(_hint(error["hint"])))
    return Group(*parts)


def _hint(text: str) -> Text:
    """Return a hint; of several lines, so that they can be pasted as they stand."""
    if "\n" in text:
        text = "\n" + textwrap.indent(text, "    ")
        return Text.assemble(("hint", "bold cyan"), ": in restrike.yaml", (text, "cyan"))
    return Text.assemble(("hint", "bold cyan"), f": {text}")


def _told(error: Document) -> str:
    """Return an error without a traceback; the names of restrike's own classes say nothing to its users."""
    kind, message = error["type"], error["message"]
    ours = error.get("origin", "step") != "step" or kind.startswith("restrike.")
    return str(message) if ours else f"{kind}: {message}"


def findings(document: Document) -> Group | None:
    """Show what a step asked for and could not have, with the lines that would give it."""
    shown: list[str | Text] = []
    refused = {step["name"] for step in document["steps"] if (step.get("error") or {}).get("type") == REFUSED}
    for finding in document.get("findings") or []:
        if finding["step"] in refused and finding.get("severity") == "undeclared":
            continue  # the step's failure has told it
        where = finding.get("where") or ""
        where = f" ({where})" if where not in finding["what"] else ""
        shown.append(Text.assemble((finding["step"], "bold"), f": {finding['what']}{where}"))
        shown += [Text(f"    {line}", style="cyan") for line in (finding.get("hint") or "").splitlines()]
    return titled("findings", lines(shown))


def _network(granted: bool | list[str] | None) -> str | None:
    if isinstance(granted, list):
        return f"{counted(len(granted), 'named host')}: {', '.join(granted)}"
    return "all of it" if granted else None


def seal(document: Document, *more: tuple[str, RenderableType | None]) -> Group | None:
    """Show what the run was made from, by digest, and what more is known of it."""
    sealed = document.get("seal") or {}
    data = sealed.get("data") or {}
    names = max(map(len, data), default=0)
    return titled(
        "seal",
        facts(
            [
                ("commit", short(document.get("commit"))),
                *((aspect, short(sealed.get(aspect))) for aspect in ("code", "config", "environment")),
                ("data", lines(f"{name:<{names}}  {short(digest)}" for name, digest in data.items())),
                ("recipe", short(document["recipe"])),
                ("result", short(document["result"]) if document.get("result") else None),
                ("isolation", sealed.get("isolation")),
                *more,
                ("network", _network(sealed.get("network"))),
                ("not sealed", lines(sealed.get("gaps") or [])),
            ]
        ),
    )


def ending(document: Document) -> Group:
    """Say how the run ended, and how to make it again."""
    took = f" in {seconds(document['seconds'])}" if document.get("seconds") is not None else ""
    identity = short(document["run"])
    onward = {"interrupted": "restrike run", "failed": f"restrike show {identity}"}
    return Group(
        Text.assemble("run ", (identity, "bold"), " ", state(document["status"]), took),
        command(onward.get(document["status"], f"restrike reproduce {identity}")),
    )
