"""Two snapshots and two environments compared, in what one execution depended on."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import pytest

from restrike.code import CodeRepository
from restrike.environment import Distribution
from restrike.execution import changes
from restrike.execution.changes import State
from restrike.execution.closures import Closures
from restrike.execution.depends import Installed
from restrike.pipeline.graph import Step

FILES = {
    "steps.py": "from pkg import clean\n\ndef make():\n    return clean.SCALE\n",
    "pkg/__init__.py": "",
    "pkg/clean.py": "SCALE = 2\n",
    "dynamic.py": "import importlib\n\ndef make(name):\n    return importlib.import_module(name).SCALE\n",
    "other.py": "X = 1\n",
    "tables/a.csv": "1\n",
    "plugins/one.txt": "1",
}
CODE = {
    "modules": ["pkg/__init__.py", "pkg/clean.py", "steps.py"],
    "handed": [],
    "source": [],
    "absent": ["cupy", "pkg.fast"],
    "looked_at": ["tables/a.csv", "tables/override.csv"],
    "listed": ["plugins"],
    "whole": None,
}
ENVIRONMENT = {
    "imports": {"numpy": ["numpy"]},
    "distributions": {"numpy": {"version": "2.4.1", "digest": "a" * 64}, "hooks": {"version": "1", "digest": "b" * 64}},
    "absent": ["cupy"],
    "whole": None,
}
FUNCTION, COMMAND = Step("make", use="steps:make"), Step("make", command=("python", "steps.py"))


def distribution(name, version="1", digest="c" * 64, provides=(), *, at_start=False, first_party=False, declares=None):
    place = Path("/x")
    return Distribution(
        *(name, version, digest, None, False, first_party, (), 1, place),
        provides=tuple(provides),
        at_start=at_start,
        entry_points=declares,
    )


THEN = (
    distribution("numpy", "2.4.1", "a" * 64, ["numpy"]),
    distribution("hooks", "1", "b" * 64, ["hooks"], at_start=True),
    distribution("unused", "1", "c" * 64, ["unused"]),
)


@pytest.fixture
def compare(tmp_path):
    """Return a function that tells what changed between FILES and an edit of them."""
    repository = CodeRepository(tmp_path / "store" / ".git")
    opened = contextlib.ExitStack()

    def tree(commit):
        found = repository.tree(commit)
        opened.callback(found.close)
        return found

    def state(files, identity, distributions):
        folder = tmp_path / "project"
        shutil.rmtree(folder, ignore_errors=True)
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            if text is not None:
                (folder / name).write_text(text)
        snapshot = repository.capture(folder)
        return State(
            snapshot.fingerprint,
            identity,
            lambda: tree(snapshot.commit),
            lambda: Installed(distributions).entries,
        )

    def told(edit=None, *, now=THEN, step=FUNCTION, code=None, environment=None):
        files = {name: text for name, text in {**FILES, **(edit or {})}.items() if text is not None}
        depends = {"code": {**CODE, **(code or {})}, "environment": {**ENVIRONMENT, **(environment or {})}}
        then = state(FILES, "e1", THEN)
        after = state(files, "e1" if now is THEN else "e2", now)
        installed = Installed(now)
        found = changes.between(depends, then, after, step, installed, Closures((".",), installed))
        return [change.text for change in found]

    with opened:
        yield told


@pytest.mark.parametrize(
    "edit",
    [
        {"README.md": "new"},
        {"tables/b.csv": "not looked at"},
        {"steps.py": "# said\n" + FILES["steps.py"]},
        {"plugins/one.txt": "2"},
    ],
)
@pytest.mark.parametrize("step", [FUNCTION, COMMAND], ids=["function", "command"])
def test_what_an_execution_did_not_see_is_no_change(compare, edit, step):
    assert compare(edit, step=step) == []


@pytest.mark.parametrize("edit", [{"other.py": None}, {"pkg/slow.py": "SLOW = 1\n"}])
def test_a_module_that_a_command_did_not_import_is_no_change(compare, edit):
    assert compare(edit, step=COMMAND) == []


@pytest.mark.parametrize("edit", [{"other.py": None}, {"pkg/slow.py": "SLOW = 1\n"}])
def test_a_module_that_a_step_could_ask_for_and_did_not_is_no_change(compare, edit):
    step, modules = Step("make", use="dynamic:make"), ["dynamic.py", "pkg/__init__.py", "pkg/clean.py"]
    assert compare(edit, step=step, code={"modules": modules}) == []
    assert compare({"pkg/fast.py": "X = 1\n"}, step=step, code={"modules": modules}) != []


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        ({"pkg/clean.py": "SCALE = 3\n"}, "pkg/clean.py"),
        ({"tables/a.csv": "2\n"}, "'tables/a.csv' changed"),
        ({"tables/a.csv": None}, "'tables/a.csv' is gone"),
        ({"tables/override.csv": ""}, "'tables/override.csv' is new"),
        ({"plugins/two.txt": ""}, "folder 'plugins', which is listed, now holds 'two.txt'"),
        ({"plugins/one.txt": None, "plugins/one.txt/x": ""}, "'one.txt/' and no longer holds 'one.txt'"),
        ({"pkg/fast.py": "X = 1\n"}, "pkg/fast.py is new, and 'pkg.fast' may be imported from it"),
        ({"cupy/x.txt": ""}, "cupy/ is new"),
        ({"pkg/clean.cpython-311-x86_64-linux-gnu.so": "ELF"}, "'pkg.clean' may be imported from it"),
        ({"pkg/clean/__init__.py": "SCALE = 9\n"}, "'pkg.clean' may be imported from it"),
        ({"numpy.py": ""}, "numpy.py is new, and 'numpy' may be imported from it"),
        ({"json.py": ""}, "json.py is new, and is found before Python's own module 'json'"),
    ],
)
@pytest.mark.parametrize("step", [FUNCTION, COMMAND], ids=["function", "command"])
def test_what_an_execution_saw_is_a_change(compare, edit, told, step):
    assert any(told in line for line in compare(edit, step=step))


def test_everything_counts_where_something_went_unseen(compare):
    assert compare({"README.md": "new"}, code={"whole": "a process went unseen"}) == [
        "README.md is new (all of the code counts, as a process went unseen)"
    ]
    upgraded = [*THEN[:2], distribution("unused", "2", "d" * 64)]
    assert compare(now=upgraded, environment={"whole": "it lists what is installed"}) == [
        "unused (every distribution counts, as it lists what is installed): 1 -> 2"
    ]


def test_a_module_that_the_snapshot_lacks_makes_everything_count(compare):
    assert compare({"README.md": "x"}, code={"modules": ["generated.py"]}) == [
        "README.md is new (all of the code counts, as it imported 'generated.py', which is not in the snapshot)"
    ]


def test_raw_text_counts_where_source_was_read(compare):
    edit = {"pkg/clean.py": "SCALE = 2  # two\n"}
    assert compare(edit) == []
    read = {"source": ["pkg/clean.py"], "looked_at": ["pkg/clean.py"]}
    assert compare(edit, code=read)
    assert compare(edit, code=read, step=COMMAND)


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ([distribution("numpy", "2.4.6", "d" * 64, ["numpy"]), THEN[1]], ["numpy: 2.4.1 -> 2.4.6"]),
        (
            [distribution("numpy", "2.4.1", "d" * 64, ["numpy"]), THEN[1]],
            ["numpy: 2.4.1 (aaaaaaaaaaaa) -> 2.4.1 (dddddddddddd)"],
        ),
        ([THEN[1]], ["numpy: 2.4.1 -> absent", "who provides 'numpy': numpy -> absent"]),
        ([*THEN, distribution("fork", provides=["numpy"])], ["who provides 'numpy': numpy -> fork, numpy"]),
        (
            [*THEN, distribution("cupy-cuda", provides=["cupy"])],
            ["'cupy', which was looked for: absent -> installed by cupy-cuda"],
        ),
        ([*THEN, distribution("path-hook", provides=["p"], at_start=True)], ["path-hook: absent -> 1"]),
        ([*THEN, distribution("(unowned)", at_start=True)], ["(unowned): absent -> 1"]),
        ([THEN[0]], ["hooks: 1 -> absent"]),
    ],
)
def test_a_distribution_that_counts_is_a_change(compare, now, told):
    assert compare(now=now) == told


def test_a_distribution_that_was_not_imported_is_no_change(compare):
    assert compare(now=[*THEN[:2], distribution("unused", "2", "d" * 64, ["unused"])]) == []
    assert compare(now=[*THEN, distribution("new", provides=["new"])]) == []


def test_entry_points_count_where_they_were_listed(compare):
    plugin = [*THEN, distribution("plugin", provides=["plugin"], declares="f" * 64)]
    assert compare(now=plugin) == []
    told = ["entry points of 'plugin', which are listed: absent -> ffffffffffff"]
    assert compare(now=plugin, environment={"entry_points": {}}) == told
    assert compare(now=plugin, environment={"entry_points": {"plugin": "f" * 64}}) == []


def test_a_snapshot_that_is_gone_is_a_change(compare, tmp_path):
    def gone():
        return CodeRepository(tmp_path / "empty" / ".git").tree("0" * 40)

    CodeRepository(tmp_path / "empty" / ".git").ensure()
    then = State("f1", "e1", gone, dict)
    found = changes.between(
        {"code": CODE, "environment": ENVIRONMENT},
        then,
        State("f2", "e1", gone, dict),
        FUNCTION,
        Installed(THEN),
        Closures((".",)),
    )
    assert [change.aspect for change in found] == ["code"]


def test_libraries_count_by_their_bytes_and_their_absence():
    depends = {"libraries": {"/usr/lib/a.so": "a" * 64, "/usr/local/bin/sort": None, "/usr/bin/sort": "b" * 64}}
    assert changes.libraries(depends, depends["libraries"].get) == []
    now = {"/usr/lib/a.so": "c" * 64, "/usr/local/bin/sort": "d" * 64}
    assert [change.text for change in changes.libraries(depends, now.get)] == [
        "'/usr/lib/a.so': aaaaaaaaaaaa -> cccccccccccc",
        "'/usr/local/bin/sort': absent -> dddddddddddd",
        "'/usr/bin/sort': bbbbbbbbbbbb -> absent",
    ]
