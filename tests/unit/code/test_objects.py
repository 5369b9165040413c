"""What is written is what git would write: git itself is the judge."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from restrike.base import digest
from restrike.code import objects
from restrike.code.objects import Damaged, Found, ObjectReader, PackWriter
from restrike.code.snapshot import FORMAT, fingerprint

NAME = st.text(st.characters(exclude_characters="/\0", exclude_categories=("Cs",)), min_size=1, max_size=4).filter(
    lambda name: name not in (".", "..", ".git")
)
LISTING = st.lists(
    st.tuples(
        st.lists(NAME, min_size=1, max_size=3).map("/".join),
        st.sampled_from(["100644", "100755", "120000"]),
        st.binary(min_size=20, max_size=20).map(bytes.hex),
    ),
    max_size=12,
    unique_by=lambda row: row[0],
)


def without_conflicts(rows: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    folders = {path[:at] for path, _, _ in rows for at, char in enumerate(path) if char == "/"}
    return [row for row in rows if row[0] not in folders]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LISTING)
def test_trees_are_gits_own(code, rows):
    code.ensure()
    rows = without_conflicts(rows)
    index = code.git_dir / "index"
    index.unlink(missing_ok=True)
    given = b"".join(f"{mode} {identity}\t{path}\0".encode() for path, mode, identity in rows)
    environment = {**os.environ, "GIT_INDEX_FILE": str(index)}
    for command in (["update-index", "-z", "--index-info"], ["write-tree", "--missing-ok"]):
        done = subprocess.run(
            ["git", f"--git-dir={code.git_dir}", *command],
            input=given,
            env=environment,
            capture_output=True,
            check=True,
        )
    forest = objects.plant(rows)
    assert forest.root == done.stdout.decode().strip()
    assert dict(walk(forest.trees, forest.root)) == {path: (mode, identity) for path, mode, identity in rows}


def walk(trees: dict[str, bytes], root: str, prefix: str = ""):
    for mode, name, identity in objects.parse_tree(trees[root]):
        if mode == objects.TREE:
            yield from walk(trees, identity, f"{prefix}{name}/")
        else:
            yield prefix + name, (mode, identity)


@given(LISTING)
def test_the_fingerprint_is_that_of_the_canonical_document(rows):
    files = [[path, mode, identity] for path, mode, identity in sorted(rows)]
    assert fingerprint(rows) == digest.fingerprint({"format": FORMAT, "files": files})


def test_the_fingerprint_of_a_known_listing_stays_what_it_is():
    rows = [("b.py", "100644", "0" * 64), ("!a", "100755", "f" * 64), ("ü", "120000", "1" * 64)]
    assert fingerprint(rows) == fingerprint(reversed(rows))
    assert fingerprint(rows) == "d1c54c274bb25051a918c450b0427f2553671c2e97a81190ae6a2ed2215aaf54"


@pytest.mark.parametrize("rows", [["a", "a/b"], ["a/b", "a"], ["a/b/c", "a/b"]])
def test_a_path_that_is_both_file_and_folder_is_refused(rows):
    with pytest.raises(ValueError, match="both a file and a folder"):
        objects.plant((path, "100644", "0" * 40) for path in rows)


@pytest.mark.parametrize("name", ["", ".", "..", ".git", "a/b"])
def test_a_tree_with_a_name_that_leads_elsewhere_is_refused(name):
    with pytest.raises(ValueError, match="cannot be a name"):
        objects.parse_tree(b"100644 " + name.encode() + b"\0" + bytes(20))


def test_a_tree_with_one_name_twice_is_refused():
    with pytest.raises(ValueError, match="twice"):
        objects.parse_tree((b"100644 a\0" + bytes(20)) * 2)


@pytest.mark.parametrize("count", [1, 99, 100, 250])
def test_a_pack_of_any_number_of_objects_arrives(code, tmp_path, count):
    code.ensure()
    data = [b"x" * (number * 37) for number in range(count)]
    with PackWriter(tmp_path) as pack:
        names = [pack.add("blob", item) for item in data]
        assert [pack.add("blob", item) for item in data] == names
        assert pack.count == count
        pack.send(code.git_dir)
    with ObjectReader.inside(code.git_dir) as reader:
        assert list(reader.read(names)) == [Found(name, "blob", item) for name, item in zip(names, data, strict=True)]
    fsck = subprocess.run(["git", "fsck", "--strict"], cwd=code.git_dir, capture_output=True, check=True)
    assert b"error" not in fsck.stderr


def test_what_is_known_is_not_sent_and_nothing_comes_of_nothing(code, tmp_path):
    code.ensure()
    known = objects.identify("blob", b"known")
    with PackWriter(tmp_path, [known]) as pack:
        assert pack.add("blob", b"known") == known
        pack.send(code.git_dir)
    with ObjectReader.inside(code.git_dir) as reader:
        assert list(reader.read([known])) == [Damaged(known, "missing")]


def test_reading_goes_on_after_a_damaged_object(code, tmp_path: Path):
    code.ensure()
    data = [os.urandom(3000) for _ in range(80)]
    with PackWriter(tmp_path) as pack:
        names = [pack.add("blob", item) for item in data]
        pack.send(code.git_dir)
    for at in (0, 40, 79):
        path = code.git_dir / "objects" / names[at][:2] / names[at][2:]
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[: 10 if at else 1500])
    with ObjectReader.inside(code.git_dir) as reader:
        answers = list(reader.read(names))
    assert [at for at, answer in enumerate(answers) if isinstance(answer, Damaged)] == [0, 40, 79]
    assert [answer.identity for answer in answers] == names
