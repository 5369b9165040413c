"""`restrike reproduce`: the verdict, and all that it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from restrike.cli.screens import measures
from restrike.cli.screens.layout import VERDICTS, Column, facts, lines, stack, state, table, titled
from restrike.cli.screens.words import counted, seconds, short

Document = Mapping[str, Any]

MEANING = {
    "identical": "every artifact, byte for byte",
    "equal": "every artifact by content; some bytes differ, harmlessly",
    "equivalent": "within the declared tolerance, not the same",
    "different": "the recipe gave another result",
    "could not judge": "something needed for a verdict is missing",
}


def screen(document: Document) -> RenderableType:
    """Draw a verdict, last and large. Its notes were told while it was found, on standard error."""
    return stack(
        steps(document),
        divergence(document),
        cause(document),
        metrics(document),
        left_out(document),
        missing(document),
        scope(document.get("scope") or {}),
        verdict(document),
    )


def verdict(document: Document) -> Group:
    """Say the verdict, what it means, and of which run."""
    word = document["verdict"]
    told: list[RenderableType] = [
        Text.assemble((f" {word.upper()} ", f"reverse {VERDICTS[word]}"), f"  {meaning(document)}"),
        Text(f"run {short(document['run'])}", style="dim"),
    ]
    if document.get("reproduction"):
        told.append(Text(f"reproduction {short(document['reproduction'])}", style="dim"))
    return Group(*told)


def meaning(document: Document) -> str:
    """Say what a verdict means; a run that failed is the same run if it fails in the same way."""
    failed = any(step.get("error") for step in document.get("steps") or [])
    if failed and document["verdict"] in ("identical", "equal"):
        return "the same failure, and the same artifacts before it"
    environment = (document.get("scope") or {}).get("environment") or {}
    if document["verdict"] == "different" and environment.get("mismatches"):
        return "another result, in another environment than the recorded one"
    return MEANING[document["verdict"]]


def steps(document: Document) -> Group | None:
    """Draw each step as recorded and as executed again."""
    rows = [
        [step["step"], state(step["state"], VERDICTS), *_digests(step), seconds(step.get("cpu_seconds"))]
        for step in document.get("steps") or []
    ]
    columns: list[Column] = [("", "left"), ("", "left"), ("recorded", "left")]
    columns += [("reproduced", "left"), ("cpu", "right")]
    return titled("steps", table(columns, rows))


def _digests(step: Document) -> tuple[Text, Text]:
    """Return what stands for a step on each side: its error, or the artifact that tells the two apart."""
    if error := step.get("error"):
        return _error(error["ours"]), _error(error["theirs"])
    artifacts = step.get("artifacts") or []
    shown = next((item for item in artifacts if item["state"] == step["state"]), None)
    if shown is None:
        return Text(""), Text("")
    more = f" +{len(artifacts) - 1}" if len(artifacts) > 1 else ""
    return Text(short(shown["ours"]) + more), Text(short(shown["theirs"]) + more)


def _error(text: str | None) -> Text:
    return Text(text.splitlines()[0], style="red") if text else Text("no error", style="dim")


def divergence(document: Document) -> Group | None:
    """Show the first place where the two executions part."""
    found = document.get("divergence")
    if not found:
        return None
    return titled(
        "first divergence",
        facts(
            [
                ("step", Text(found["step"], style="bold")),
                ("artifact", found.get("artifact")),
                ("where", found.get("where")),
                ("recorded", _value(found.get("ours"))),
                ("reproduced", _value(found.get("theirs"))),
                ("size", found.get("detail")),
            ]
        ),
    )


def _value(value: Any) -> Text | None:
    return None if value is None else Text(str(value))


def cause(document: Document) -> Group | None:
    """Show why, where evidence tells."""
    found = document.get("cause")
    if not found:
        return None
    evidence = found.get("evidence") or []
    shown = [evidence] if isinstance(evidence, str) else [str(item) for item in evidence]
    advice = Text(found["advice"], style="bold cyan") if found.get("advice") else None
    told = [(found["kind"], found.get("detail")), ("evidence", lines(shown)), ("advice", advice)]
    return titled("cause", facts(told))


def metrics(document: Document) -> Group | None:
    """Draw what was measured, as recorded and as reproduced."""
    found = document.get("metrics")
    return titled("metrics", measures.compared(found, "recorded", "reproduced")) if found else None


def left_out(document: Document) -> Group | None:
    """Name what was not compared in artifacts that are equal but for their bytes."""
    told = [
        f"{step['step']}.{item['artifact']}: {', '.join(item['left_out'])}"
        for step in document.get("steps") or []
        for item in step.get("artifacts") or []
        if item.get("left_out")
    ]
    return titled("not compared", lines(told))


def missing(document: Document) -> Group | None:
    """Name what stood in the way of judging, each with the way out."""
    told: list[str | Text] = []
    for item in document.get("missing") or []:
        told.append(Text(item["what"]))
        told.extend(Text(f"  {detail}") for detail in item.get("details") or [])
        if item.get("hint"):
            told.append(Text.assemble(("hint", "bold cyan"), f": {item['hint']}"))
    return titled("missing", lines(told))


def scope(scope: Document) -> Group | None:
    """Say what the verdict covers and how the environment was proved."""
    environment, cpu = scope.get("environment") or {}, scope.get("cpu") or {}
    numeric = scope.get("numeric") or {}
    mismatches = [f"{item['distribution']}: {item['detail']}" for item in environment.get("mismatches") or []]
    proof = f"{environment['how']}, {environment['proven']} proved equal" if environment else None
    elsewhere = cpu and cpu["here"] != cpu["recorded"]
    return titled(
        "scope",
        facts(
            [
                ("steps", scope.get("steps")),
                ("environment", proof),
                ("not proved", lines(mismatches)),
                ("isolation", scope.get("isolation")),
                ("cpu", f"{cpu['here']} (recorded on {cpu['recorded']})" if elsewhere else cpu.get("here")),
                ("numeric", numeric_profile(numeric)),
                ("tolerance", scope.get("tolerance")),
            ]
        ),
    )


def numeric_profile(numeric: Document) -> str:
    """Return the numeric profile in words."""
    threads = numeric.get("threads")
    told = [numeric.get("profile"), counted(threads, "thread") if threads else None]
    return ", ".join(word for word in told if word)
