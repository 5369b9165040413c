"""`restrike show`: all that one run is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from restrike.cli.screens import measures, run
from restrike.cli.screens.layout import VERDICTS, Column, command, facts, lines, stack, state, table, titled
from restrike.cli.screens.machine import machine
from restrike.cli.screens.patch import coloured
from restrike.cli.screens.words import counted, exact, seconds, short, size, when

Document = Mapping[str, Any]

NATIVE = "numeric: native used "  # begins the note of a step whose profile pins nothing
PATCH_LINES = 40  # of the difference to HEAD that are shown without being asked for more


def screen(document: Document, *, part: str = "all") -> RenderableType:
    if part == "patch":
        return coloured(document.get("patch") or "")
    if part == "config":
        return config(document, every=True) or Text()
    return stack(
        heading(document),
        run.steps(document),
        run.failure(document),
        measures.metrics(document, whole=True),
        measures.slices(document, whole=True),
        measures.gates(document),
        run.findings(document),
        network(document),
        code(document),
        config(document),
        environment(document),
        data(document),
        conditions(document),
        run.seal(document, ("numeric", numeric(document)), ("checked", proven(document))),
        verdicts(document),
        checked(document),
        patch(document),
    )


def heading(document: Document) -> Group:
    took = f", took {seconds(document['seconds'])}" if document.get("seconds") is not None else ""
    aliases = ", ".join(document.get("aliases") or [])
    return Group(
        Text.assemble("run ", (document["run"], "bold"), f"  {aliases}"),
        Text.assemble(f"{document['name']}  ", state(document["status"]), f"  {when(document['started'])}{took}"),
    )


def network(document: Document) -> Group | None:
    """Draw what steps asked the hosts for that they were granted by name."""
    rows: list[list[RenderableType]] = [
        [
            step["name"],
            f"{item['host']}:{item['port']}",
            counted(item["times"], "time"),
            size(item["bytes"]) if item["allowed"] else Text("refused", style="red"),
        ]
        for step in document["steps"]
        for item in step.get("network") or ()
    ]
    columns: list[Column] = [("", "left"), ("", "left"), ("", "right"), ("", "right")]
    return titled("network", table(columns, rows))


def code(document: Document) -> Group | None:
    found = document.get("code") or {}
    remotes = [f"{name}  {address}" for name, address in (found.get("remotes") or {}).items()]
    left_out = [f"{item['path']} ({item['reason']})" for item in found.get("left_out") or []]
    head = short(found["head"]) if found.get("head") else None
    place = f"{head} on {found['branch']}" if head and found.get("branch") else head and f"{head}, detached"
    return titled(
        "code",
        facts(
            [
                ("snapshot", short(found.get("commit"))),
                ("HEAD", place or "no git repository, or no commit yet"),
                ("tree", "changed since HEAD" if found.get("dirty") else "as HEAD" if head else None),
                ("remotes", lines(remotes)),
                ("left out", lines(left_out)),
            ]
        ),
    )


def config(document: Document, *, every: bool = False) -> Group | None:
    """Draw the configuration, each value with where it came from; defaults only where every value is wanted."""
    origins = document.get("origins") or {}
    values = dict(_leaves(document.get("config") or {}))
    rows: list[list[RenderableType]] = [
        [name, exact(value), Text(origins.get(name, "default"), style="dim")]
        for name, value in values.items()
        if every or origins.get(name, "default") != "default"
    ]
    columns: list[Column] = [("", "left"), ("", "left"), ("", "left")]
    return titled("config", table(columns, rows))


def _leaves(value: Any, name: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        return [leaf for key, item in value.items() for leaf in _leaves(item, f"{name}.{key}" if name else str(key))]
    return [(name, value)]


def environment(document: Document) -> Group | None:
    found = document.get("environment") or {}
    count = len(found.get("distributions") or ())
    return titled(
        "environment",
        facts(
            [
                ("identity", short(found.get("identity"))),
                ("python", found.get("python")),
                ("distributions", f"{count} (restrike env show {short(document['run'])} --all)" if count else None),
            ]
        ),
    )


def data(document: Document) -> Group | None:
    rows: list[list[RenderableType]] = [
        [item["name"], item["path"], short(item["digest"])] for item in document.get("data") or []
    ]
    return titled("data", table([("", "left"), ("", "left"), ("", "left")], rows))


def conditions(document: Document) -> Group | None:
    """Draw where the run was executed: recorded beside the recipe, no part of it."""
    found = document.get("conditions") or {}
    return titled(
        "conditions",
        facts(
            [
                ("host", found.get("host")),
                ("user", found.get("user")),
                *machine(found.get("machine") or {}),
                ("interpreter", found.get("interpreter")),
                ("restrike", found.get("restrike")),
                ("overrides", lines(document.get("overrides") or [])),
            ]
        ),
    )


def verdicts(document: Document) -> Group | None:
    """Draw the reproductions of this run, and how often its recipe has given this result."""
    found = document.get("repeats") or {}
    rows: list[list[RenderableType]] = [
        [when(item["time"]), *_verdict(item)] for item in document.get("verdicts") or []
    ]
    if found.get("executions", 0) > 1:
        style = "bold red" if found["incident"] else "dim"
        word = "INCIDENT: " if found["incident"] else ""
        told = f"{word}the recipe gave this result {found['same']} of {found['executions']} times"
        rows.append(["", "", Text(told, style=style)])
    return titled("reproduced", table([("", "left"), ("", "left"), ("", "left")], rows))


def _verdict(item: Document) -> tuple[Text, str]:
    found = item.get("divergence")
    environment = (item.get("scope") or {}).get("environment") or {}
    where = f"at step '{found['step']}'" if found else f"environment {environment['how']}" if environment else ""
    return state(item["verdict"], VERDICTS), where


def numeric(document: Document) -> str:
    """Say with which profile and threads numbers were made; with native, also which instructions libraries chose."""
    profile = document["seal"]["numeric"]
    used = {note for step in document["steps"] for note in step["notes"] if note.startswith(NATIVE)}
    told = [
        f"{profile['profile']}, {counted(profile['threads'], 'thread')}",
        *sorted(note[len(NATIVE) :] for note in used),
    ]
    return "; ".join(told)


def proven(document: Document) -> str | None:
    """Say how much of what was varied has left every checked step the same."""
    found = document.get("checks") or {}
    if not found.get("variations"):
        return None
    steps, checked = len(document["steps"]), len(found["steps"])
    told = [f"robust against {found['robust']} of {counted(found['variations'], 'variation')}"]
    told += [f"{found['held']} held by numeric"] if found["held"] else []
    told += [f"{checked} of {counted(steps, 'step')}"] if checked < steps else []
    return ", ".join(told)


def checked(document: Document) -> Group | None:
    """Draw what the steps are proven robust against, and what they mind."""
    rows: list[list[RenderableType]] = []
    for step in (document.get("checks") or {}).get("steps") or []:
        if step["robust"]:
            rows.append([step["step"], Text("proven robust against", style="green"), ", ".join(step["robust"])])
        if step["held"]:
            rows.append([step["step"], Text("held by numeric", style="yellow"), ", ".join(step["held"])])
        if step["flinches"]:
            rows.append([step["step"], Text("minds", style="bold red"), ", ".join(step["flinches"])])
    return titled("checked", table([("", "left"), ("", "left"), ("", "left")], rows))


def patch(document: Document) -> Group | None:
    text = (document.get("patch") or "").splitlines()
    if not text:
        return None
    parts: list[RenderableType] = [coloured("\n".join(text[:PATCH_LINES]))]
    if (hidden := len(text) - PATCH_LINES) > 0:
        parts.append(Text(f"... {counted(hidden, 'more line')}", style="dim"))
        parts.append(command(f"restrike show {short(document['run'])} --patch"))
    return titled("difference to HEAD", Group(*parts))
