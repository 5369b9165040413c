"""From a trace and look-ups to what an execution depends on."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from restrike.environment import Distribution
from restrike.execution.depends import Installed, Libraries, Observer
from restrike.execution.sandbox import Lookup, Outcome
from restrike.pipeline.graph import Step

STEP = Step("make", use="steps:make")
TRACE = {
    "modules": ["pkg/__init__.py", "pkg/clean.py", "steps.py"],
    "handed": [],
    "installed": [],
    "absent": [],
    "listed": [],
    "source": [],
    "metadata": [],
    "libraries": [],
    "incomplete": None,
}
SO = "cpython-311-x86_64-linux-gnu.so"


def installed():
    def one(name, provides, **how):
        return Distribution(
            name, "1", name[0] * 64, None, False, False, (), 1, Path("/x"), provides=tuple(provides), **how
        )

    return Installed(
        [
            one("numpy", ["numpy"], entry_points="e" * 64),
            one("scikit-learn", ["sklearn"]),
            one("hooks", ["hooks"], at_start=True),
        ]
    )


@pytest.fixture
def of(tmp_path):
    """Return a function that gives what a step depends on, by its trace and its look-ups."""
    for folder in ("pkg", "tables", "src"):
        (tmp_path / "code" / folder).mkdir(parents=True)
    (tmp_path / "env" / "bin").mkdir(parents=True)
    (tmp_path / "env" / "bin" / "tool").write_text("tool")
    sealed = SimpleNamespace(
        import_roots=(".", "src"),
        data={"raw": {"path": "data/raw/"}},
        variables={"PATH": "/env/bin:/bin"},
        secrets={"KEY": "hunter2", "SHORT": "x"},
    )
    observer = Observer(sealed, installed(), Libraries(tmp_path / "env", tmp_path / "libraries.json"))

    def depends(*lookups, state="ok", untraced=None, bare=False, **trace):
        result = {"state": state} if bare else {"state": state, "trace": {**TRACE, **trace}}
        seen = tuple(Lookup(f"/project/{item}", True, "open") if isinstance(item, str) else item for item in lookups)
        outcome = Outcome(state, result, seen, 0.0, 0.0, 0, untraced)
        return observer(STEP, outcome, tmp_path / "code")

    return depends


def looked_at(*lookups, of, **trace):
    return of(*lookups, **trace)["code"]["looked_at"]


def test_what_the_import_system_asks_for_is_left_to_the_closure(of):
    asked = (
        Lookup("/project", True, "open"),
        *("steps.py", "pkg", "pkg/__init__.py", f"pkg/__init__.{SO}", "pkg/__pycache__/clean.cpython-311.pyc", "src"),
    )
    assert looked_at(*asked, of=of) == []
    assert of(*asked)["code"]["listed"] == []


def test_files_links_and_absences_are_kept(of):
    absent = Lookup("/project/override.csv", False, "stat")
    module = Lookup("/project/plugin.py", False, "stat")
    assert looked_at("tables/a.csv", absent, module, f"fast.{SO}", of=of) == [
        *(f"fast.{SO}", "override.csv", "plugin.py", "tables/a.csv"),
    ]


def test_a_module_read_as_text_counts_by_its_bytes(of):
    assert looked_at("steps.py", of=of, source=["steps.py"]) == ["steps.py"]
    assert looked_at("failed.py", of=of) == ["failed.py"]  # found, and not among the modules: its import failed


def test_data_and_the_workers_own_notes_are_no_code(of):
    assert looked_at("data/raw/x.csv", "data/raw", ".observed/1.jsonl", ".git/HEAD", of=of) == []


def test_places_outside_the_project_are_no_code(of):
    assert looked_at(Lookup("/srv/x.csv", False, "open"), Lookup("/projects/x", False, "open"), of=of) == []


def test_a_folder_that_was_opened_was_listed(of):
    assert of("tables", listed=["pkg"])["code"]["listed"] == ["pkg", "tables"]


def test_folders_of_modules_count_as_listed_where_programs_other_than_python_ran(of):
    program = Lookup("/bin/ls", True, "exec")
    assert of(program, "pkg")["code"]["listed"] == ["pkg"]
    assert of(Lookup("/env/bin/python3", True, "exec"), "pkg")["code"]["listed"] == []


def test_imports_lead_to_the_distributions_that_own_them(of):
    found = of(installed=["sklearn", "numpy.libs"], absent=["cupy", "cupy.cuda", "hooks.more"])["environment"]
    assert found["imports"] == {"hooks": ["hooks"], "numpy": ["numpy"], "sklearn": ["scikit-learn"]}
    assert found["distributions"] == {
        name: {"version": "1", "digest": name[0] * 64} for name in ("hooks", "numpy", "scikit-learn")
    }
    assert found["absent"] == ["cupy"]
    assert found["whole"] is None


def test_what_acts_at_every_start_always_counts(of):
    assert list(of()["environment"]["distributions"]) == ["hooks"]


def test_metadata_that_was_asked_for_counts_there_or_not(of):
    asked = of(metadata=["Scikit_Learn", "absent"])["environment"]["distributions"]
    assert asked["absent"] is None
    assert asked["scikit-learn"]["version"] == "1"
    listed = of(metadata=["entry points"])["environment"]
    assert (listed["entry_points"], listed["whole"]) == ({"numpy": "e" * 64}, None)
    assert of()["environment"]["entry_points"] is None
    assert of(metadata="all")["environment"]["whole"] == "it lists what is installed"


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"bare": True}, "did not tell"),
        ({"untraced": "no seccomp"}, "no seccomp"),
        ({"incomplete": "a process was cut off"}, "a process was cut off"),
    ],
)
def test_everything_counts_where_something_may_have_gone_unseen(of, how, told):
    found = of(**how)
    assert told in found["code"]["whole"]
    assert told in found["environment"]["whole"]


def test_a_failed_step_depends_on_nothing_that_matters(of):
    assert of(state="failed") is None


def test_programs_of_the_system_count_by_their_bytes_and_by_where_they_were_not_found(of, tmp_path):
    program = tmp_path / "sort"
    program.write_bytes(b"ELF")
    found = of(
        Lookup("/env/bin/sort", False, "exec"),
        Lookup(str(program), True, "exec"),
        Lookup("/env/bin/python", True, "exec"),
        Lookup("/project/run.sh", True, "exec"),
    )
    assert found["libraries"]["/env/bin/sort"] is None
    assert len(found["libraries"].pop(str(program))) == 64
    assert found["code"]["looked_at"] == ["run.sh"]
    assert found["environment"]["whole"] is None


def test_a_program_could_be_found_earlier_on_the_path(of):
    assert of(Lookup("/bin/sort", True, "exec"))["libraries"]["/env/bin/sort"] is None


def test_what_is_installed_elsewhere_is_never_reused(of):
    assert of(installed=["numpy", "_virtualenv.py"]) is not None
    assert of(installed=["numpy", "of_another_python"]) is None


def test_names_that_hold_a_secret_are_not_written_down(of):
    found = of(Lookup("/project/data-hunter2.csv", False, "stat"), "x.csv", absent=["plug_hunter2"])
    assert "hunter2" not in str(found)
    assert found["code"]["whole"] == found["environment"]["whole"] == "it asks for names that hold a secret"
    assert of("x.csv")["code"]["looked_at"] == ["x.csv"]
    assert of(Lookup("/srv/hunter2", True, "exec")) is None


def test_a_program_of_the_environment_makes_all_of_it_count(of):
    assert of(Lookup("/env/bin/tool", True, "exec"))["environment"]["whole"] == "it executes 'tool' of the environment"


def test_libraries_are_read_again_only_when_they_changed(tmp_path):
    library = tmp_path / "lib.so"
    library.write_bytes(b"one")
    first = Libraries(tmp_path, tmp_path / "kept.json")
    before = first.digest(str(library))
    first.save()
    library.write_bytes(b"two!")
    again = Libraries(tmp_path, tmp_path / "kept.json")
    assert again.digest(str(library)) != before
    assert again.digest(str(tmp_path / "absent.so")) is None
