"""What must not be in the repository."""

from __future__ import annotations

import re
import tomllib

import pytest

INDEX_ADDRESS = re.compile(
    r"--(extra-)?index-url|--find-links|^\s*-[if]\s+\S*[:/]|https?://[^\s)\"'>]*(/simple\b|/packages/|\.whl\b|\.tar\.gz\b)",
    re.MULTILINE,
)
HOME = re.compile(r"(?<![\w.$}])/((home|Users|workspace|work)/[\w.-]|root/\.\w)")
IMAGINED = re.compile(
    r"/home/(ada|ann|bob|eve|me|you|user|someone|restrike|x)\b|/root/\.ssh"
)  # in examples, and inside the seal
LEFTOVER = re.compile(r"\b(TODO|FIXME|XXX)\b")


def texts(tracked, root):
    for path in tracked:
        data = path.read_bytes()
        if b"\0" not in data:
            yield path.relative_to(root).as_posix(), data.decode("utf-8", "replace")


def lines_with(pattern, tracked, root, allowed=None, leave_out=()):
    return [
        f"{name}: {line.strip()[:120]}"
        for name, text in texts(tracked, root)
        if name not in leave_out
        for line in text.splitlines()
        if pattern.search(allowed.sub("", line) if allowed else line)
    ]


def test_no_addresses_of_package_indexes(tracked, root):
    named_here = ("tests/house/test_repository.py", "Makefile")
    locks = [path for path in tracked if path.suffix in (".txt", ".lock", ".toml", ".cfg") or path.name.startswith(".")]
    assert lines_with(INDEX_ADDRESS, locks, root, leave_out=named_here) == []


def test_no_paths_of_the_machine_it_was_written_on(tracked, root):
    assert lines_with(HOME, tracked, root, allowed=IMAGINED, leave_out=("tests/house/test_repository.py",)) == []


def test_no_intentions_left_behind(tracked, root):
    source = [path for path in tracked if path.suffix == ".py"]
    assert lines_with(LEFTOVER, source, root, leave_out=("tests/house/test_repository.py",)) == []


@pytest.mark.parametrize("name", ["run", "dev"])
def test_requirements_are_pinned_by_hash(name, root):
    text = (root / "requirements" / f"{name}.txt").read_text()
    pins = re.split(r"\n(?=\S)", text.strip())
    assert len(pins) > 10
    for pin in pins:
        assert re.match(r"[a-z0-9-]+==\S+", pin), pin
        assert "--hash=sha256:" in pin, pin


def test_requirements_cover_what_the_project_declares(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())
    pinned = set(re.findall(r"^([a-z0-9-]+)==", (root / "requirements" / "dev.txt").read_text(), re.MULTILINE))
    declared = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {re.match(r"[A-Za-z0-9-]+", requirement)[0].lower() for requirement in declared}
    assert names - pinned == set()


def test_every_package_folder_says_what_it_is_for(source):
    import ast

    silent = [
        path.relative_to(source).as_posix()
        for path in source.rglob("__init__.py")
        if not ast.get_docstring(ast.parse(path.read_bytes()))
    ]
    assert silent == []
