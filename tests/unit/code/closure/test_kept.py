"""Facts kept between processes: shared, never trusted when damaged, never in the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from restrike.code.closure import Analysis, KeptFacts, Observed
from restrike.code.closure import kept as kept_module

WRITER = """
import sys
from pathlib import Path
from restrike.code.closure import KeptFacts
number = 0
while True:
    facts = KeptFacts(Path(sys.argv[1]))
    for item in range(20):
        number += 1
        facts[f"{sys.argv[2]}-{number}"] = ["facts", number]
    facts.flush()
    print(number, flush=True)
"""


def test_what_is_flushed_is_found_by_the_next(tmp_path):
    facts = KeptFacts(tmp_path / "new" / "folder")
    facts["a"] = [1, "x", None]
    assert facts["a"] == [1, "x", None]
    assert "a" not in KeptFacts(tmp_path / "new" / "folder")
    facts.flush()
    facts.flush()
    again = KeptFacts(tmp_path / "new" / "folder")
    assert (again["a"], len(again), list(again)) == ([1, "x", None], 1, ["a"])
    assert again.get("b") is None


def test_facts_of_another_analyser_are_not_read(tmp_path, monkeypatch):
    facts = KeptFacts(tmp_path)
    facts["a"] = 1
    facts.flush()
    monkeypatch.setattr(kept_module, "_version", lambda: "another")
    other = KeptFacts(tmp_path)
    assert "a" not in other
    other["b"] = 2
    other.flush()
    monkeypatch.undo()
    assert "a" not in KeptFacts(tmp_path)


@pytest.mark.parametrize("damage", ["emptied", "cut", "noise", "folder"])
def test_a_damaged_file_counts_as_none_and_is_made_anew(tmp_path, damage):
    facts = KeptFacts(tmp_path)
    for number in range(200):
        facts[str(number)] = ["x" * 200, number]
    facts.flush()
    (path,) = tmp_path.glob("facts-*.db")
    data = path.read_bytes()
    if damage == "folder":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes({"emptied": b"", "cut": data[: len(data) // 2], "noise": os.urandom(len(data))}[damage])
    after = KeptFacts(tmp_path)
    for number in range(200):
        assert after.get(str(number)) in (None, ["x" * 200, number])
    after["new"] = 1
    after.flush()
    assert damage == "folder" or KeptFacts(tmp_path).get("new") == 1


def test_a_row_with_a_flipped_bit_is_not_believed(tmp_path):
    facts = KeptFacts(tmp_path)
    facts["a"] = ["sha256-of-a-definition"]
    facts.flush()
    (path,) = tmp_path.glob("facts-*.db")
    path.write_bytes(path.read_bytes().replace(b"sha256-of-a-definition", b"sha256-of-b-definition"))
    assert KeptFacts(tmp_path).get("a") is None


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    facts = KeptFacts(tmp_path / "file")
    facts["a"] = 1
    facts.flush()
    assert facts["a"] == 1


def test_processes_at_once_and_one_that_is_killed(tmp_path):
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), name], stdout=subprocess.PIPE, text=True)
        for name in ("one", "two")
    ]
    for writer in writers:
        assert writer.stdout.readline()
    time.sleep(0.3)
    for writer in writers:
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
    found = KeptFacts(tmp_path)
    assert any(name.startswith("one") for name in found)
    for name in found:
        assert found.get(name) == ["facts", int(name.partition("-")[2])]
    found["after"] = 1
    found.flush()
    assert KeptFacts(tmp_path)["after"] == 1


def test_a_closure_is_the_same_with_facts_kept(tmp_path, projects):
    project = next(project for project in projects if project.name == "package")

    class Files:
        def __init__(self, files):
            import hashlib

            self.data = {path: text.encode() for path, text in files.items()}
            self.files = {path: hashlib.sha256(data).hexdigest() for path, data in self.data.items()}
            self.read_paths = []

        def read(self, path):
            self.read_paths.append(path)
            return self.data[path]

    results = []
    for _ in range(2):
        tree, facts = Files(project.files), KeptFacts(tmp_path)
        results.append(Analysis(tree, project.roots, facts=facts).closure(project.use, Observed()))
        facts.flush()
    assert results[0] == results[1]
    assert tree.read_paths == []
