"""What a step read that no recipe fixes, and what is no business of anybody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from restrike.execution import readings
from restrike.execution.finding import Finding, refusal
from restrike.execution.sandbox.hints import Hints
from restrike.execution.whereabouts import Whereabouts
from restrike.pipeline.graph import Step

PLACE = {"file": "features.py", "line": 41, "function": "f", "text": "..."}


def variables(
    *read: str, given: tuple[str, ...] = (), shell: tuple[str, ...] = ("COUNTRY", "VIRTUAL_ENV"), **how: Any
) -> list[Finding]:
    trace = {"variables": [{"name": name, "set": name in given, **PLACE} for name in read]}
    return list(readings.of_variables("fit", trace, shell, how.get("declared", ()), Hints("fit")))


def test_a_variable_of_the_shell_that_no_step_is_given_is_a_finding_once() -> None:
    (item,) = variables("COUNTRY", "COUNTRY")
    assert (item.subject, item.where, item.severity) == ("COUNTRY", "features.py:41", "undeclared")
    assert item.hint == "environment:\n  env:\n    pass: [COUNTRY]"


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("COUNTRY", {"given": ("COUNTRY",)}),
        ("COUNTRY", {"declared": ("COUNTRY",)}),
        ("COUNTRY", {"shell": ()}),
        ("VIRTUAL_ENV", {}),
    ],
)
def test_a_variable_that_is_given_stated_unset_or_ours_is_none(name: str, how: dict[str, Any]) -> None:
    assert variables(name, **how) == []


def of(kind: str, what: str) -> dict[str, Any]:
    return {"readings": [{"kind": kind, "what": what, "times": 3, **PLACE}]}


@pytest.mark.parametrize(
    ("kind", "what", "told", "severity"),
    [
        ("entropy", "uuid.uuid4()", "unseeded randomness", "nondeterministic"),
        ("clock", "time.time()", "clock", "nondeterministic"),
        ("machine", "/proc/cpuinfo", "machine", "unsealed"),
    ],
)
def test_what_is_another_every_time_or_elsewhere_is_a_finding(kind: str, what: str, told: str, severity: str) -> None:
    (item,) = readings.of_readings("fit", of(kind, what))
    assert (item.kind, item.severity, item.where) == (told, severity, "features.py:41")
    assert what in item.what
    assert refusal([item]) is None, "it was not asked for against the seal"


@pytest.mark.parametrize(("kind", "what"), [("cores", "os.cpu_count()"), ("machine", "platform.node()")])
def test_ordinary_readings_are_notes(kind: str, what: str) -> None:
    assert list(readings.of_readings("fit", of(kind, what))) == []
    (note,) = readings.notes(of(kind, what))
    assert f"{what} at features.py:41" in note


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("rng = numpy.random.RandomState(3)", 0),
        ("rng = RandomState(seed=seed)", 0),
        ("rng = RandomState(", 0),
        ("rng = RandomState()", 1),
        ("rng = RandomState(None)", 1),
        ("a, b = RandomState(3), RandomState()", 1),
        ("rng, name = RandomState(3), uuid.uuid4()", 1),
        ("rng = default_rng()", 1),
    ],
)
def test_an_old_generator_with_a_seed_throws_away_what_it_drew(line: str, count: int) -> None:
    trace = {"readings": [{"kind": "entropy", "what": "randomness of the machine", "times": 1, **PLACE, "text": line}]}
    assert len(list(readings.of_readings("fit", trace))) == count


def test_timers_are_nothing() -> None:
    trace = of("timer", "time.perf_counter()")
    assert (list(readings.of_readings("fit", trace)), list(readings.notes(trace))) == ([], [])


@pytest.mark.parametrize("content", [b'{"path": "/tmp/tmpab12cd34"}', b"\0\0tmpab12cd34\0"])
def test_an_output_with_the_name_of_a_temporary_file_is_a_finding(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "clean").write_bytes(b"tmp")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "named").write_bytes(content)
    (tmp_path / "steps.py").write_text("import tempfile\n\ndef f():\n    return tempfile.mkdtemp()\n")
    step = Step("fit", use="steps:f")
    where = Whereabouts(step, {}, None, tmp_path)
    outputs = {name: tmp_path / name for name in ("clean", "empty", "folder")}
    (item,) = readings.of_temporary_names("fit", {"temporary": ["/tmp/tmpab12cd34"]}, outputs, where)
    assert (item.subject, item.where) == ("folder", "steps.py:4")
    assert list(readings.of_temporary_names("fit", {}, outputs, where)) == []


def test_a_refusal_holds_every_place_and_every_line_once() -> None:
    found = [
        Finding("k", "fit", "a", "'a' is hidden", "features.py:1", "data: {a: a}", "undeclared"),
        Finding("k", "fit", "b", "'b' is hidden", "features.py:2", "data: {a: a}", "undeclared"),
        Finding("k", "fit", "c", "the clock", "features.py:3", "seed it", "nondeterministic"),
    ]
    error = refusal(found)
    assert error is not None
    assert error["message"].splitlines()[1:] == ["features.py:1: 'a' is hidden", "features.py:2: 'b' is hidden"]
    assert error["hint"] == "data: {a: a}"
