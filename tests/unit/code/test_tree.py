"""A snapshot answers questions about its files without being restored."""

from __future__ import annotations

import contextlib
import os

import pytest

from restrike.base import digest
from restrike.code.errors import SnapshotCorrupt


@pytest.fixture
def tree_of(code, project):
    """Return a function that gives the tree of the project as it is now."""
    with contextlib.ExitStack() as opened:

        def take(**how):
            tree = code.tree(code.capture(project).commit, **how)
            opened.callback(tree.close)
            return tree

        yield take


def test_files_have_the_digest_of_their_bytes(tree_of, project):
    for near in (None, project):
        tree = tree_of(near=near)
        assert tree.files == {
            "score.py": digest.of_bytes(b"print('score')\n"),
            "src/pkg/__init__.py": digest.of_bytes(b""),
            "src/pkg/fit.py": digest.of_bytes(b"C = 1.0\n"),
        }
        assert tree.read("src/pkg/fit.py") == b"C = 1.0\n"
        assert tree.names["."] == ("score.py", "src/")


def test_a_state_is_another_for_another_content_mode_kind_or_link(tree_of, project):
    (project / "link").symlink_to("score.py")
    before = tree_of()
    kinds = {path: before.state(path) for path in ("score.py", "src", "absent", "link", "src/../score.py")}
    assert len(set(kinds.values())) == 4
    assert kinds["src/../score.py"] == kinds["score.py"]
    (project / "score.py").chmod(0o755)
    assert tree_of().state("score.py") != kinds["score.py"]
    assert tree_of().state("link") != kinds["link"]
    (project / "link").unlink()
    (project / "link").symlink_to("src/../score.py")
    assert tree_of().state("link") != kinds["link"]


def test_what_lies_behind_links_is_found_by_its_path_through_them(tree_of, project):
    (project / "alias").symlink_to("src/pkg")
    (project / "src" / "pkg" / "again").symlink_to("../../lib")
    (project / "lib").mkdir()
    (project / "lib" / "deep.py").write_text("DEEP = 1\n")
    (project / "up").symlink_to("..")
    (project / "out").symlink_to("/etc")
    (project / "circle").symlink_to("circle")
    tree = tree_of()
    assert tree.files["alias/fit.py"] == tree.files["src/pkg/fit.py"]
    assert tree.files["alias/again/deep.py"] == tree.files["lib/deep.py"]
    assert tree.read("alias/again/deep.py") == b"DEEP = 1\n"
    assert tree.listing("alias") == ("__init__.py", "again@", "fit.py")
    assert [tree.real(path) for path in ("out/passwd", "circle", "up/x", "alias/fit.py")] == [
        *(None, None, None, "src/pkg/fit.py"),
    ]


def test_a_link_to_the_folder_it_lies_in_ends(tree_of, project):
    (project / "src" / "pkg" / "self").symlink_to(".")
    assert "src/pkg/self/fit.py" not in tree_of().files


def test_damage_is_told_and_not_passed_on(tree_of, code, project):
    commit = code.capture(project).commit
    code.pack()
    for pack in (code.git_dir / "objects" / "pack").glob("*.pack"):
        data = bytearray(pack.read_bytes())
        data[40:60] = os.urandom(20)
        pack.chmod(0o644)
        pack.write_bytes(data)
    with pytest.raises(SnapshotCorrupt):
        code.tree(commit)
