"""The small parts of the trace: what is kept, how it is told, whose code is whose."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import restrike
from restrike.worker.trace import places, record, reports
from restrike.worker.trace.bundle import MODULES
from restrike.worker.trace.places import Places
from restrike.worker.trace.record import Record

WORKER = Path(restrike.__file__).parent / "worker"


def test_each_thing_is_kept_and_told_once() -> None:
    told: list[tuple[str, tuple[object, ...]]] = []
    seen = Record()
    seen.sink = lambda kind, value: told.append((kind, value))
    for _ in range(3):
        seen.note("module", "a.py")
    assert seen.texts("module") == ["a.py"]
    assert told == [("module", ("a.py",))]
    seen.active = False
    seen.note("module", "b.py")
    assert seen.texts("module") == ["a.py"]


def test_a_record_that_overflows_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "MOST", 3)
    seen = Record()
    for number in range(9):
        seen.note("module", f"{number}.py")
    assert len(seen.texts("module")) == 3
    assert "more than 3 things" in seen.texts("incomplete")[0]


def test_reports_survive_a_process_that_was_killed_while_it_wrote(tmp_path: Path) -> None:
    reports.prepare(str(tmp_path))
    folder = f"{tmp_path}/{reports.FOLDER}"
    reporter = reports.Reporter(folder)
    reporter("module", ('ü "quoted"\n', 3, True))
    reporter.hold()
    reporter("listed", ("a",))
    assert len(list(reports.told(folder))) == 1
    reporter.release()
    with open(f"{folder}/{reports.EVENTS}", "a") as stream:
        stream.write('["module", "ha')
    assert list(reports.told(folder)) == [["module", 'ü "quoted"\n', 3, 1], ["listed", "a"]]
    reports.remove(folder)
    assert os.listdir(tmp_path) == []
    reporter("module", ("late",))  # by a process that outlives the step
    assert list(reports.told(folder)) == []


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("/project/a.py", places.OWN),
        ("/projects/a.py", places.LIBRARY),
        (os.__file__, places.STANDARD),
        ("<frozen os>", places.STANDARD),
        ("<frozen importlib._bootstrap>", places.IMPORTING),
        (os.path.join(os.path.dirname(os.__file__), "logging/__init__.py"), places.DISCREET),
        (os.path.join(os.path.dirname(os.__file__), "site-packages/x.py"), places.LIBRARY),
        ("/env/lib/python3/site-packages/numpy/a.py", places.LIBRARY),
        (str(WORKER / "process.py"), places.OURS),
        ("<string>", places.TEXT),
    ],
)
def test_whose_code_a_file_holds(file: str, kind: int) -> None:
    known = Places()
    known.begin("/project", is_program=False)
    assert known.kind(file) == kind


@pytest.mark.parametrize(
    ("file", "part"),
    [
        ("/env/lib/python3/site-packages/numpy/core/a.py", "numpy"),
        ("/env/lib/python3/site-packages/six.py", "six.py"),
        ("/usr/lib/python3/dist-packages/apt/x.py", "apt"),
        ("/a/site-packages/b/site-packages/c/d.py", "c"),
        ("/usr/lib/python3/os.py", None),
    ],
)
def test_the_folder_of_a_package(file: str, part: str | None) -> None:
    assert places.component(file) == part


def test_a_program_reports_without_compiled_code_too(tmp_path: Path) -> None:
    reports.prepare(str(tmp_path))
    folder = f"{tmp_path}/{reports.FOLDER}"
    (tmp_path / "helper.py").write_text("")
    variables = {"PYTHONPATH": f"{WORKER / 'children'}:{tmp_path}", "RESTRIKE_TRACE": f"{tmp_path}\n{folder}\n3\n1\n"}
    code = "import helper, sys; print([name for name in sys.modules if 'restrike' in name])"
    for written in (b"", b"no code", None):
        if written is not None:
            Path(folder, reports.CODE).write_bytes(written)
        done = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=True)
        assert (done.stdout, done.stderr) == ("[]\n", "")
    lines = list(reports.told(folder))
    assert [line[0] for line in lines].count("start") == 3
    assert ["module", "helper.py"] in lines


def test_the_bundle_has_all_that_a_program_imports_of_us() -> None:
    """Executed in their order, each module finds what it needs; a module that is left out would fail the program's."""
    for position, name in enumerate(MODULES):
        text = (WORKER / f"{'/'.join(name.split('.')[2:])}.py").read_text()
        needed = {line.split()[1] for line in text.splitlines() if line.startswith("from restrike.worker.")}
        packages = {"restrike.worker.trace", "restrike.worker.watch"}
        assert needed - packages <= set(MODULES[:position]), name


def test_observing_imports_nothing_that_a_bare_python_lacks(tmp_path: Path) -> None:
    reports.prepare(str(tmp_path))
    variables = {
        "PYTHONPATH": str(WORKER / "children"),
        "RESTRIKE_TRACE": f"{tmp_path}\n{tmp_path}/{reports.FOLDER}\n3\n1\n",
    }
    code = "import sys; print(*sorted(sys.modules))"
    traced, plain = (
        set(subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True).stdout.split())
        for env in (variables, {})
    )
    assert traced - plain <= {"__future__", "_json", "atexit", "gc", "marshal", "sitecustomize"}
