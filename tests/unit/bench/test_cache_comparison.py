"""The comparison with other tools' caches: its changes fit its project, its arithmetic and its judge are right."""

from __future__ import annotations

import importlib
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

BENCH = Path(__file__).parents[3] / "bench" / "cache"
MODULES = ("compare", "edits", "environments", "mutations", "page", "peers", "reckoning", "results", "tool", "trial")


@pytest.fixture(scope="module")
def bench():
    """The modules of the bench, which is no package."""
    sys.path.insert(0, str(BENCH))
    try:
        yield SimpleNamespace(**{name: importlib.import_module(name) for name in (*MODULES, "verdicts")})
    finally:
        sys.path.remove(str(BENCH))
        for name in (*MODULES, "verdicts"):
            sys.modules.pop(name, None)


def project_for(bench, tool, folder):
    shutil.copytree(BENCH / "project", folder)
    if (tool.folder / "project").exists():
        shutil.copytree(tool.folder / "project", folder, dirs_exist_ok=True)
    for edit in tool.adapt:
        edit.apply(folder)
    return folder


def test_every_change_can_be_made_to_the_project_of_every_tool(bench, tmp_path):
    for tool in bench.peers.COMPARED:
        fresh = project_for(bench, tool, tmp_path / tool.label)
        for mutation in bench.mutations.ALL:
            changed = shutil.copytree(fresh, tmp_path / "changed")
            for edit in (*mutation.detour, *mutation.edits):
                edit.apply(changed)
                if edit.path.endswith(".py"):
                    compile((changed / edit.path).read_text(), edit.path, "exec")
            shutil.rmtree(changed)


def test_a_change_whose_text_is_not_there_is_refused(bench, tmp_path):
    (tmp_path / "model.py").write_text("one = 1\n")
    with pytest.raises(ValueError, match="0 times"):
        bench.edits.Replace("model.py", "two", "three").apply(tmp_path)


def test_changes_have_names_of_their_own_and_a_part_of_each_kind(bench):
    names = [mutation.name for mutation in bench.mutations.ALL]
    assert len(names) == len(set(names)) >= 30
    reckoned = [bench.reckoning.expected(mutation) for mutation in bench.mutations.ALL]
    changing = [values for values in reckoned if values != bench.reckoning.expected()]
    assert len(changing) >= 30
    assert len(reckoned) - len(changing) >= 15


@pytest.fixture
def truth(bench):
    return bench.verdicts.Truth(bench.reckoning.expected(), bench.reckoning.expected(bench.mutations.CONTROL))


def judged(bench, truth, values, executed, may_execute=frozenset()):
    return bench.verdicts.judge(bench.trial.Execution(values, executed), truth, may_execute).kind


def test_an_old_value_is_stale_whatever_was_executed(bench, truth):
    assert judged(bench, truth, truth.before, ()) == "stale"
    assert judged(bench, truth, truth.before, bench.tool.STEPS) == "stale"
    half = {**truth.after, "report": truth.before["report"]}
    assert judged(bench, truth, half, ("model",)) == "stale"


def test_right_values_with_what_changed_executed_are_right(bench, truth):
    assert judged(bench, truth, truth.after, ("model", "report")) == "right"


def test_executing_what_did_not_change_is_needless_unless_it_may(bench, truth):
    assert judged(bench, truth, truth.after, ("sales", "model", "report")) == "needless"
    assert judged(bench, truth, truth.after, ("sales", "model", "report"), frozenset({"sales"})) == "right"


def test_a_tool_that_crashes_fails_and_never_hits(bench, tmp_path):
    tool = bench.tool.Tool("crashing", "plain", "", ("false",))
    trial = bench.trial.Bench(tmp_path, tool)
    trial.begin()
    with pytest.raises(bench.trial.Failed, match="status 1"):
        trial.execute()


def test_a_tool_that_writes_no_results_fails(bench, tmp_path):
    trial = bench.trial.Bench(tmp_path, bench.tool.Tool("silent", "plain", "", ("true",)))
    trial.begin()
    with pytest.raises(bench.trial.Failed, match="no results"):
        trial.execute()


def test_what_is_known_of_a_tool_counts_until_its_wrapping_changes(bench, tmp_path):
    tool = bench.tool.Tool("some", "plain", "", ("true",))
    other = bench.tool.Tool("some", "plain", "", ("true", "again"))
    seen = bench.trial.Execution({"sales": [1]}, ("sales",))
    control = bench.mutations.CONTROL
    bench.results.Results(tmp_path, tool).put(control, seen)
    assert bench.results.Results(tmp_path, tool).get(control) == seen
    assert bench.results.Results(tmp_path, other).get(control) is None


def test_versions_of_tools_are_those_that_are_pinned(bench):
    for tool in bench.peers.COMPARED:
        assert tool.version()[0].isdigit()


def test_the_page_has_a_row_for_every_change(bench):
    page = bench.page.PAGE.read_text()
    for mutation in bench.mutations.ALL:
        assert f"| {mutation.what} |" in page
