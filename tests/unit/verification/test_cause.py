"""What the findings of a recorded execution say about a divergence."""

from __future__ import annotations

from typing import Any

from restrike.verification.cause import by_findings


def finding(kind: str, what: str, severity: str | None) -> dict[str, Any]:
    return {"kind": kind, "what": what, "where": "steps.py:4", **({"severity": severity} if severity else {})}


def test_what_was_asked_for_undeclared_comes_first() -> None:
    clock, file = (
        finding("clock", "date.today()", "nondeterministic"),
        finding("large", "'x' is too large", "undeclared"),
    )
    cause = by_findings([clock, file], "known")
    assert (cause.kind, cause.evidence[0]) == ("undeclared input", "known")
    assert by_findings([finding("large", "'x' is too large", None)], "known").kind == "undeclared input", (
        "of old records"
    )


def test_else_the_place_that_read_what_no_recipe_fixes() -> None:
    cause = by_findings([finding("clock", "date.today() tells the time", "nondeterministic")], "known")
    assert (cause.kind, cause.detail.endswith("steps.py:4: date.today() tells the time")) == ("clock", True)
