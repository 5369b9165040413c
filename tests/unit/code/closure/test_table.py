"""The table of edits: no edit that changes a result leaves the closure as it was, and few others change it."""

from __future__ import annotations

import pytest

NEEDLESS = 11


@pytest.fixture(scope="module")
def table(projects, execute, observed, seen, tmp_path_factory):
    """Each edit with whether the result changed, and whether what the step is known to depend on did."""
    edits = [edit for project in projects for edit in project.edits]
    steps = sorted({(edit.project, edit.use) for edit in edits})
    by_name = {project.name: project for project in projects}
    jobs = [(by_name[project].files, by_name[project].roots, use) for project, use in steps]
    jobs += [(edit.files, by_name[edit.project].roots, edit.use) for edit in edits]
    outcomes = execute(jobs, tmp_path_factory.mktemp("executed"))
    before = dict(zip(steps, outcomes, strict=False))
    rows = []
    for edit, after in zip(edits, outcomes[len(steps) :], strict=True):
        project, first = by_name[edit.project], before[edit.project, edit.use]
        assert not first["result"].startswith("failed"), first
        rows.append((edit, first["result"] != after["result"], seen(project, edit, first, observed(first))))
    return rows


def told(edit):
    return f"{edit.project}: {edit.name}"


def test_the_labels_are_what_execution_gives(table):
    wrong = [told(edit) for edit, result, _ in table if result != (edit.expected == "changes")]
    assert wrong == []


def test_no_edit_that_changes_the_result_is_overlooked(table):
    assert [told(edit) for edit, result, changed in table if result and not changed] == []


def test_few_edits_count_needlessly_and_each_has_its_reason(table):
    needless = [(edit, changed) for edit, result, changed in table if not result and changed]
    for edit, changed in needless:
        print(f"needless: {told(edit)}: {edit.reason} ({', '.join(changed)})")
    assert [(told(edit), changed) for edit, changed in needless if edit.expected != "needless"] == []
    assert len(needless) <= NEEDLESS


def test_what_counts_needlessly_still_does(table):
    """Otherwise its reason is no longer true."""
    assert [told(edit) for edit, _, changed in table if edit.expected == "needless" and not changed] == []


def test_the_table_is_large_enough(table):
    kinds = [edit.expected for edit, _, _ in table]
    assert kinds.count("changes") >= 65
    assert len(kinds) - kinds.count("changes") >= 36
    assert sum(edit.name.startswith("adversarial") for edit, _, _ in table) >= 12
