"""A project's own metadata and programs outlive the environment that it was installed in."""

import json
import subprocess
import sys

import pytest

from restrike.code import distributions, lay_out


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "site-packages"
    folder.mkdir()
    return folder


def install(site, name, source, *, entry_points=None, **more):
    folder = site / f"{name}-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n\nA long README: ü\n")
    (folder / "direct_url.json").write_text(json.dumps({"url": source, "dir_info": more}))
    if entry_points is not None:
        (folder / "entry_points.txt").write_text(entry_points)


def test_only_what_was_installed_from_the_project_is_kept(project, site, tmp_path):
    (project / "part ü").mkdir()
    install(site, "own", project.as_uri(), editable=True)
    install(site, "part", (project / "part ü").as_uri())
    install(site, "other", (tmp_path / "elsewhere").as_uri(), editable=True)
    install(site, "remote", "https://example.org/remote.zip")
    found = distributions(project, [site, site])
    assert sorted(found) == ["own-1.0.dist-info", "part-1.0.dist-info"]
    assert found["own-1.0.dist-info"] == {"METADATA": "Metadata-Version: 2.1\nName: own\nVersion: 1.0\n"}


def test_a_readme_is_no_part_of_it(project, site):
    install(site, "own", project.as_uri(), editable=True)
    before = distributions(project, [site])
    path = site / "own-1.0.dist-info" / "METADATA"
    path.write_text(path.read_text() + "more\n")
    assert distributions(project, [site]) == before
    path.write_text(path.read_text().replace("1.0", "1.1"))
    assert distributions(project, [site]) != before


def test_version_and_programs_work_where_they_are_laid_out(project, site, tmp_path):
    points = "[console_scripts]\nOwn-Tool = own.tools:Tools.main [extra]\n../evil = own:x\n[other.group]\na = b\n"
    install(site, "own", project.as_uri(), entry_points=points)
    lay_out(distributions(project, [site]), tmp_path / "laid out")
    (project / "own").mkdir()
    (project / "own" / "tools.py").write_text(
        "from importlib.metadata import version\nclass Tools:\n"
        "    @staticmethod\n    def main():\n        print(version('own'))\n        return 7\n"
    )
    assert [path.name for path in (tmp_path / "laid out" / "bin").iterdir()] == ["Own-Tool"]
    done = subprocess.run(
        [sys.executable, tmp_path / "laid out" / "bin" / "Own-Tool"],
        env={"PYTHONPATH": f"{project}:{tmp_path / 'laid out' / 'metadata'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (7, "1.0\n")


@pytest.mark.parametrize("text", ["not an ini file", "[console_scripts\n", "[console_scripts]\nonly a name\n"])
def test_entry_points_that_cannot_be_read_are_no_programs(project, site, tmp_path, text):
    install(site, "own", project.as_uri(), entry_points=text)
    lay_out(distributions(project, [site]), tmp_path / "out")
    assert list((tmp_path / "out" / "bin").iterdir()) == []
