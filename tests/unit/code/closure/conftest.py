"""Small projects with edits, executed for real: what an edit does to the result is measured, not assumed."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from restrike.code.closure import Analysis, Observed

HERE = Path(__file__).parent


class Files:
    """A tree in memory."""

    def __init__(self, files: Mapping[str, str | bytes]) -> None:
        self.data = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
        self.files = {path: hashlib.sha256(data).hexdigest() for path, data in self.data.items()}

    def read(self, path: str) -> bytes:
        return self.data[path]


@dataclass(frozen=True)
class Edit:
    project: str
    name: str
    expected: str  # changes, stays, needless
    reason: str
    use: str
    files: dict[str, str]


@dataclass
class Project:
    name: str
    roots: tuple[str, ...] = (".",)
    use: str = ""
    files: dict[str, str] = field(default_factory=dict)
    edits: list[Edit] = field(default_factory=list)


def read_project(path: Path) -> Project:
    """Read a project and its edits; the form is that of the files in `projects`."""
    head, *sections = path.read_text().split("\n=== ")
    settings, *contents = ("\n" + head).split("\n--- ")
    project = Project(path.stem)
    for line in settings.strip().splitlines():
        key, _, value = line.partition(": ")
        if key == "roots":
            project.roots = tuple(value.split())
        else:
            project.use = value
    for content in contents:
        name, _, text = content.partition("\n")
        project.files[name] = text + "\n" if text else ""
    project.edits = [_edit(project, section) for section in sections]
    return project


def _edit(project: Project, section: str) -> Edit:
    heading, _, body = section.partition("\n")
    name, expected, *options = heading.split(" | ")
    use = next((item.removeprefix("step ") for item in options), project.use)
    kind, _, reason = expected.partition(": ")
    files = dict(project.files)
    for change in ("\n" + body).split("\nreplace ")[1:]:
        path, _, rest = change.split("\nnew ")[0].split("\ndelete ")[0].partition("\n")
        old, _, new = ("\n" + rest + "\n").partition("\nby\n")
        old, new = old.strip("\n"), new.strip("\n")
        assert files[path].count(old) == 1, (name, path, old)
        files[path] = files[path].replace(old, new)
    for change in ("\n" + body).split("\ndelete ")[1:]:
        del files[change.partition("\n")[0].strip()]
    for change in ("\n" + body).split("\nnew ")[1:]:
        path, _, text = change.partition("\n")
        files[path.strip()] = text.rstrip("\n") + "\n"
    assert files != project.files, name
    return Edit(project.name, name, kind, reason, use, files)


def execute_all(jobs: Iterable[tuple[Mapping[str, str], Iterable[str], str]], folder: Path) -> list[dict[str, Any]]:
    """Execute steps of trees, each in a fresh process; return results and what was used, in order."""
    described = []
    for number, (files, roots, use) in enumerate(jobs):
        root = folder / str(number)
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        described.append({"id": number, "root": str(root), "import_roots": list(roots), "use": use})
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", str(HERE / "execute.py")],
        input=json.dumps(described),
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def observed_in(outcome: Mapping[str, Any]) -> Observed:
    return Observed(*(frozenset(outcome[key]) for key in ("modules", "handed", "source")))


_FACTS: dict[str, Any] = {}


def parts_of(
    files: Mapping[str, str], roots: Iterable[str], use: str, scope: Observed, facts: dict[str, Any] | None = None
) -> dict[str, str]:
    """Return the parts of a closure; what was read of a file is shared between all tests unless `facts` is given."""
    facts = _FACTS if facts is None else facts
    return dict(Analysis(Files(files), tuple(roots), facts=facts).closure(use, scope).parts)


def seen_of(
    project: Project, edit: Edit, before: Mapping[str, Any], scope: Observed, facts: dict[str, Any] | None = None
) -> list[str]:
    """Return what is another after an edit, of all that the execution before it was seen to use."""
    old, new = (parts_of(files, project.roots, edit.use, scope, facts) for files in (project.files, edit.files))
    changed = [key for key in old.keys() | new.keys() if old.get(key) != new.get(key)]
    changed += [path for path in before["opened"] if project.files.get(path) != edit.files.get(path)]
    changed += [f"{name}/" for name in before["listed"] if _names(project.files, name) != _names(edit.files, name)]
    return sorted(changed)


def _names(files: Mapping[str, str], folder: str) -> set[str]:
    return {path[len(folder) + 1 :].partition("/")[0] for path in files if path.startswith(folder + "/")}


@pytest.fixture(scope="session")
def projects() -> list[Project]:
    return [read_project(path) for path in sorted((HERE / "projects").glob("*.txt"))]


@pytest.fixture(scope="session")
def execute():
    """Execute steps of trees, each in a fresh process."""
    return execute_all


@pytest.fixture(scope="session")
def observed():
    """Turn the outcome of an execution into what it was seen to use."""
    return observed_in


@pytest.fixture(scope="session")
def closure_of():
    """Return the parts of a step's closure on a tree given as texts."""
    return parts_of


@pytest.fixture(scope="session")
def seen():
    """Return what is another after an edit, of all that the execution before it was seen to use."""
    return seen_of
