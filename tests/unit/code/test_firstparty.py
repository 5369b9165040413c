"""The project's own code is found in the project, however it was installed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from restrike.code import import_roots


@pytest.fixture
def site(project: Path) -> Path:
    folder = project / ".venv" / "lib" / "python3.11" / "site-packages"
    folder.mkdir(parents=True)
    return folder


def direct_url(site: Path, address: str) -> None:
    folder = site / "pkg-1.0.dist-info"
    folder.mkdir(exist_ok=True)
    (folder / "direct_url.json").write_text(json.dumps({"url": address, "dir_info": {"editable": True}}))


def test_the_project_and_its_src_lead(project, site):
    assert import_roots(project, [site]) == [".", "src"]
    assert import_roots(project / "src", []) == ["."]


def test_a_path_file_of_an_editable_install_counts(project, site):
    (project / "python" / "pkg").mkdir(parents=True)
    (site / "_pkg.pth").write_text(
        f"# a comment\nimport sys; sys.path\n{project}/python\n{project}/missing\n/usr/lib\n"
    )
    assert import_roots(project, [site]) == [".", "src", "python"]


def test_the_finder_of_setuptools_counts(project, site):
    (project / "lib" / "pkg").mkdir(parents=True)
    (project / "tools").mkdir()
    (site / "__editable__.pkg-1.0.pth").write_text("import __editable___pkg_1_0_finder; x.install()\n")
    (site / "__editable___pkg_1_0_finder.py").write_text(
        "from __future__ import annotations\nimport sys\n"
        f"MAPPING: dict[str, str] = {{'pkg': '{project}/lib/pkg', 'deep.er': '{project}/tools/deep/er',"
        f" 'renamed': '{project}/elsewhere/other', 'away': '/usr/lib/away'}}\n"
        "NAMESPACES: dict[str, list[str]] = {}\nPATH_PLACEHOLDER = '__editable__.pkg.finder'\n"
    )
    assert import_roots(project, [site]) == [".", "src", "lib", "tools"]


def test_a_distribution_installed_from_a_folder_of_the_project_counts(project, site):
    (project / "packages" / "member" / "src").mkdir(parents=True)
    direct_url(site, (project / "packages" / "member").as_uri())
    assert import_roots(project, [site]) == [".", "src", "packages/member/src", "packages/member"]


def test_odd_characters_in_the_address_are_understood(project, site):
    (project / "pä ck").mkdir()
    direct_url(site, (project / "pä ck").as_uri())
    assert import_roots(project, [site])[-1] == "pä ck"


@pytest.mark.parametrize("address", ["https://example.org/a.git", "file://host/x", "", "file:///usr/lib"])
def test_distributions_from_elsewhere_do_not_count(project, site, address):
    direct_url(site, address)
    assert import_roots(project, [site]) == [".", "src"]


def test_the_environment_inside_the_project_does_not_count(project, site):
    (site / "sub").mkdir()
    (site / "a.pth").write_text(f"sub\n{site}\n.\n{project}/.venv\n")
    assert import_roots(project, [site]) == [".", "src"]


def test_what_cannot_be_understood_is_passed_over(project, site):
    (site / "pkg-1.0.dist-info").mkdir()
    (site / "pkg-1.0.dist-info" / "direct_url.json").write_text("[broken")
    (site / "__editable___pkg_finder.py").write_text("MAPPING = {oops\n")
    (site / "__editable___other_finder.py").write_text("MAPPING = compute()\nMAPPING: dict\n")
    (site / "bad.pth").write_bytes(b"\xff\xfe\n")
    assert import_roots(project, [site, site / "missing"]) == [".", "src"]


def test_a_project_reached_through_a_link_is_the_same(project, site, tmp_path):
    (project / "python").mkdir()
    (site / "pkg.pth").write_text(f"{project}/python\n")
    (tmp_path / "link").symlink_to(project)
    assert import_roots(tmp_path / "link", [site]) == [".", "src", "python"]
