"""Each rule of the closure is needed: without it some edit of the table is overlooked."""

from __future__ import annotations

import pytest

from restrike.code.closure import features, findings, harmless, importing, imports, judge, linked, reach, widen


@pytest.fixture(scope="module")
def executed(projects, execute, tmp_path_factory):
    """The edits that change a result, with what the execution before the edit used."""
    edits = [edit for project in projects for edit in project.edits if edit.expected == "changes"]
    by_name = {project.name: project for project in projects}
    steps = sorted({(edit.project, edit.use) for edit in edits})
    jobs = [(by_name[project].files, by_name[project].roots, use) for project, use in steps]
    outcomes = dict(zip(steps, execute(jobs, tmp_path_factory.mktemp("rules")), strict=True))
    return [(by_name[edit.project], edit, outcomes[edit.project, edit.use]) for edit in edits]


@pytest.fixture(scope="module")
def overlooked(executed, observed, seen):
    """Yield the edits that nothing shows, as the analysis is now; `without` some of what was observed."""

    def find(without=(), facts=None):
        for project, edit, outcome in executed:
            scope = observed({**outcome, **dict.fromkeys(without, ())})
            if not seen(project, edit, outcome, scope, facts):
                yield f"{project.name}: {edit.name}"

    return find


@pytest.fixture(scope="module")
def by_reading_alone(overlooked):
    return set(overlooked(without=OBSERVATIONS))


OBSERVATIONS = ("modules", "handed", "source")


def nothing(*_, **__):
    return ()


def none(*_, **__):
    return None


def always(*_, **__):
    return True


def last_alone(reach, files, original=widen.Reach._enter_all):
    return original(reach, list(files)[-1:])


FAULTS = {
    "statements with effects": (importing.Importing, "acting", nothing),
    "files that an import executes": (importing.Importing, "loads", nothing),
    "packages on the way to a module": (widen.Reach, "_enter_all", last_alone),
    "imports that can be noticed": (importing.Importing, "_noticed", nothing),
    "own decorators": (judge.Judge, "_is_harmless_decorator", always),
    "bases that take notice": (judge.Judge, "_is_plain_base", always),
    "calls while a module is imported": (judge.Judge, "_is_harmless_call", always),
    "reads that must succeed": (judge.Judge, "_is_bound", always),
    "star imports": (linked.Linked, "stars", nothing),
    "a module's own __getattr__": (linked.Linked, "_not_found", nothing),
    "strings that spell something": (reach.Paths, "_spelled", nothing),
    "modules used as values": (widen.Reach, "take_whole", nothing),
    "names that lead on": (widen.Reach, "_name", nothing),
    "annotations in quotes": (findings.Findings, "quoted_annotation", nothing),
    "features that cannot be followed": (features, "of_name", none),
    "modules that a dynamic search may find": (imports.Finder, "names", nothing),
}


def test_with_all_rules_nothing_is_overlooked(overlooked):
    assert list(overlooked()) == []


def test_reading_alone_is_not_enough(by_reading_alone):
    assert len(by_reading_alone) >= 2


@pytest.mark.parametrize("rule", FAULTS)
def test_without_a_rule_some_edit_is_overlooked(rule, overlooked, by_reading_alone, monkeypatch):
    """By what is read and observed together, or by reading alone where observation makes up for the fault."""
    home, name, replacement = FAULTS[rule]
    facts = {} if home is findings.Findings else None
    monkeypatch.setattr(home, name, replacement)
    both, alone = overlooked(facts=facts), overlooked(without=OBSERVATIONS, facts=facts)
    assert any(both) or any(edit not in by_reading_alone for edit in alone)


def test_a_harmless_name_counts_only_outside_the_project(overlooked, monkeypatch):
    monkeypatch.setattr(harmless, "DECORATORS", harmless.DECORATORS | {"deco.cache", "cache"})
    assert list(overlooked()) == []
