from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from restrike.base import digest
from restrike.environment import Distribution, Environment, capture, distributions, tree, whose
from restrike.environment.capture import files
from restrike.environment.errors import EnvironmentUnreadable

Make = Callable[..., Path]
Capture = Callable[..., Environment]


def named(environment: Environment, name: str) -> Distribution:
    return next(one for one in environment.distributions if one.name == name)


def test_the_document_holds_what_makes_up_the_identity_and_no_more(real_venv: Path, captured: Capture) -> None:
    found = captured(real_venv)
    assert set(found.document) == {
        *("format", "implementation", "python", "soabi", "os", "arch", "libc", "distributions"),
    }
    assert found.identity == digest.fingerprint(found.document)
    listed = found.document["distributions"]
    assert {name: entry["version"] for name, entry in listed.items()} == {
        "click": "8.1.8",
        "packaging": "24.2",
        "six": "1.17.0",
    }
    assert str(real_venv) not in json.dumps(found.document)
    assert found.notes == ()
    assert named(found, "six").tag == "py2-none-any,py3-none-any"


def test_a_distribution_says_which_names_below_site_packages_are_its_own(
    venv: Make, wheel: Make, captured: Capture, project: Path
) -> None:
    files = {
        "alone.py": "",
        "fast.cpython-311-x86_64-linux-gnu.so": "ELF",
        "tables/__init__.py": "",
        "tables/deep/more.py": "",
        "tables.libs/libz.so.1": "ELF",
        "tables-1.0.dist-info/entry_points.txt": "[console_scripts]\nrows = tables:rows\n",
    }
    hooked = {"hook.pth": "import hook\n", "hook.py": "", "sitecustomize/__init__.py": ""}
    found = captured(venv("venv", wheel("tables", "1.0", files), wheel("hooked", "1.0", hooked)))
    assert named(found, "tables").provides == ("alone", "fast", "tables")
    assert not named(found, "tables").at_start
    assert named(found, "tables").entry_points == digest.of_bytes(b"[console_scripts]\nrows = tables:rows\n")
    assert named(found, "hooked").entry_points is None
    assert named(found, "hooked").provides == ("hook", "sitecustomize")
    assert named(found, "hooked").at_start
    assert captured(project.parent / "venv").distributions == found.distributions  # as the cache has it, too


def test_pip_and_uv_give_one_identity(
    venv: Make, wheel: Make, captured: Capture, tmp_path: Path, install_with_pip: Make, install_with_uv: Make
) -> None:
    package = wheel(
        "some_package",
        "1.0",
        {
            "some_package/__init__.py": "x = 1\n",
            "some_package-1.0.dist-info/entry_points.txt": "[console_scripts]\nsome = some_package:main\n",
            "some_package-1.0.data/data/share/some/table.txt": "1,2\n",
            "some_package-1.0.data/scripts/other": "#!python\n",
        },
    )
    by_uv, by_pip = venv("by uv"), venv("by pip")
    install_with_uv(by_uv, package)
    install_with_pip(by_pip, package)
    assert list(by_pip.rglob("*.pyc")) != list(by_uv.rglob("*.pyc"))
    one, other = captured(by_uv, cache=tmp_path / "1"), captured(by_pip, cache=tmp_path / "2")
    assert one.identity == other.identity
    assert "some-package" in one.document["distributions"]
    assert "{prefix}/share/some/table.txt" in files(other, project=tmp_path / "p")["some-package"]


def test_the_digest_is_as_specified(
    venv: Make, wheel: Make, captured: Capture, site: Callable[[Path], Path], tmp_path: Path
) -> None:
    folder = venv("venv", wheel("thing", "1", {"thing.py": "x = 1\n"}))
    found = captured(folder)
    info = "thing-1.dist-info"
    rows = {path: digest.of_file(site(folder) / path)[0] for path in ("thing.py", f"{info}/METADATA", f"{info}/WHEEL")}
    assert files(found, project=tmp_path)["thing"] == rows
    text = "".join(f"{path}\0{value}\n" for path, value in sorted(rows.items()))
    assert named(found, "thing").digest == digest.of_bytes(text.encode())


def test_a_hand_edit_is_another_identity_and_named(
    real_venv: Path, captured: Capture, settle: Callable[[], None]
) -> None:
    settle()
    before = captured(real_venv)
    module = next(real_venv.rglob("six.py"))
    state = module.stat()
    text = module.read_bytes()
    module.write_bytes(text.replace(b"1.17.0", b"1.17.1"))
    os.utime(module, ns=(state.st_atime_ns, state.st_mtime_ns))  # same size, same time of change
    edited = captured(real_venv)
    assert edited.identity != before.identity
    assert named(edited, "six").tampered == ("six.py",)
    assert edited.notes == ("'six' was changed after it was installed: six.py",)
    module.write_bytes(text)
    assert captured(real_venv).identity == before.identity


def test_a_missing_file_is_another_identity_and_named(real_venv: Path, captured: Capture) -> None:
    before = captured(real_venv)
    next(real_venv.rglob("click/types.py")).unlink()
    found = captured(real_venv)
    assert found.identity != before.identity
    assert named(found, "click").tampered == ("click/types.py (missing)",)


def test_bytecode_and_the_installers_own_files_change_nothing(
    real_venv: Path, captured: Capture, site: Callable[[Path], Path]
) -> None:
    before = captured(real_venv)
    info = site(real_venv) / "six-1.17.0.dist-info"
    (info / "INSTALLER").write_text("somebody")
    (info / "REQUESTED").write_text("")
    (info / "direct_url.json").write_text('{"url": "https://example.com/six.whl", "archive_info": {}}')
    cache = site(real_venv) / "__pycache__"
    cache.mkdir(exist_ok=True)
    (cache / "six.cpython-311.pyc").write_bytes(b"anything")
    (real_venv / "bin" / "extra").write_text("#!/bin/sh\n")
    assert captured(real_venv).identity == before.identity


def test_the_same_environment_elsewhere_has_the_same_identity(
    real_venv: Path, captured: Capture, tmp_path: Path
) -> None:
    before = captured(real_venv)
    moved = tmp_path / "elsewhere"
    real_venv.rename(moved)
    assert captured(moved).identity == before.identity


def test_nothing_changed_costs_no_hash(
    real_venv: Path, captured: Capture, settle: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    settle()
    before = captured(real_venv)
    monkeypatch.setattr(distributions.digest, "of_file", lambda *_: pytest.fail("a file was read"))
    monkeypatch.setattr(distributions.metadata, "distributions", lambda *_: pytest.fail("metadata was read"))
    assert captured(real_venv) == before


def test_one_changed_file_is_the_only_one_read(
    real_venv: Path, captured: Capture, settle: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    settle()
    captured(real_venv)
    changed = next(real_venv.rglob("click/types.py"))
    changed.write_text("x = 1\n")
    read: list[str] = []
    real = digest.of_file

    def noted(path: str) -> tuple[str, int]:
        read.append(path)
        return real(path)

    monkeypatch.setattr("restrike.environment.hashes.digest.of_file", noted)
    captured(real_venv)
    assert read == [str(changed)]


def test_a_file_written_a_moment_ago_is_read_again(
    real_venv: Path, captured: Capture, settle: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    settle()
    module = next(real_venv.rglob("six.py"))
    module.write_bytes(b"x = 1\n")
    monkeypatch.setattr(tree, "now", lambda: module.stat().st_ctime_ns + tree.TICK_NS // 2)
    first = captured(real_venv)
    kept = json.loads((first.cache / "environment.files.json").read_bytes())["files"]
    assert not any(path.endswith("/six.py") for path in kept)
    assert any(path.endswith("/click/types.py") for path in kept)
    assert not (first.cache / "environment.json").exists()


@pytest.mark.parametrize("spoilt", [b"", b"[]", b"{", b'{"format": "restrike.environment-cache/1"}', b"null"])
def test_spoilt_caches_are_empty_ones(
    real_venv: Path, captured: Capture, settle: Callable[[], None], spoilt: bytes
) -> None:
    settle()
    before = captured(real_venv)
    for name in ("environment.json", "environment.files.json"):
        (before.cache / name).write_bytes(spoilt)
    assert captured(real_venv) == before


def test_restrike_itself_is_left_out(venv: Make, wheel: Make, captured: Capture) -> None:
    folder = venv()
    bare = captured(folder)
    both = venv("both", wheel("restrike", "9.9", {"restrike/__init__.py": ""}))
    assert captured(both).identity == bare.identity
    assert captured(both).distributions == ()


def editable(venv_folder: Path, name: str, source: Path, uv: Make) -> None:
    (source / name).mkdir(parents=True)
    (source / name / "__init__.py").write_text("x = 1\n")
    (source / "pyproject.toml").write_text(
        f'[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        f'[project]\nname = "{name}"\nversion = "0.1"\n'
    )
    (source / "backend.py").write_text(BACKEND.replace("NAME", name))
    uv(venv_folder, "--editable", source)


BACKEND = """
import os, zipfile

def build_editable(directory, config_settings=None, metadata_directory=None):
    name = "NAME-0.1-py3-none-any.whl"
    files = {
        "NAME.pth": os.getcwd(),
        "NAME-0.1.dist-info/METADATA": "Metadata-Version: 2.1\\nName: NAME\\nVersion: 0.1\\n",
        "NAME-0.1.dist-info/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    files["NAME-0.1.dist-info/RECORD"] = "".join(f"{path},,\\n" for path in files)
    with zipfile.ZipFile(os.path.join(directory, name), "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return name

def build_wheel(directory, config_settings=None, metadata_directory=None):
    return build_editable(directory)
"""


def test_an_editable_install_of_the_project_is_code_not_environment(
    venv: Make, captured: Capture, project: Path, install_with_uv: Make
) -> None:
    folder = venv()
    bare = captured(folder)
    editable(folder, "mine", project / "packages" / "mine", install_with_uv)
    found = captured(folder)
    assert found.identity == bare.identity
    assert (named(found, "mine").editable, named(found, "mine").first_party) == (True, True)
    assert found.notes == ()
    assert found.seal_paths == bare.seal_paths


def test_an_editable_install_from_elsewhere_counts_by_its_sources(
    venv: Make, captured: Capture, tmp_path: Path, install_with_uv: Make
) -> None:
    folder, source = venv(), tmp_path / "theirs"
    editable(folder, "theirs", source, install_with_uv)
    before = captured(folder)
    one = named(before, "theirs")
    assert (one.editable, one.first_party, one.how, one.location) == (True, False, "folder", source)
    assert one.at_start
    assert source in before.seal_paths
    assert before.notes == (f"'theirs' is installed editable from '{source}', outside the project: it is not sealed",)
    (source / ".git").mkdir()
    (source / ".git" / "index").write_text("no part of it")
    assert captured(folder).identity == before.identity
    (source / "theirs" / "__init__.py").write_text("x = 2\n")
    assert captured(folder).identity != before.identity


def test_a_folder_put_on_the_path_by_hand_counts_by_its_sources(
    venv: Make, captured: Capture, project: Path, tmp_path: Path, site: Callable[[Path], Path]
) -> None:
    folder = venv()
    bare = captured(folder)
    (project / "lib").mkdir()
    (site(folder) / "mine.pth").write_text(f"{project / 'lib'}\n/not/there\n# a comment\n")
    assert captured(folder).identity == bare.identity
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "module.py").write_text("x = 1\n")
    (site(folder) / "theirs.pth").write_text(f"{outside}\n")
    found = captured(folder)
    assert "(path outside)" in found.document["distributions"]
    assert outside in found.seal_paths
    (outside / "module.py").write_text("x = 2\n")
    assert captured(folder).identity != found.identity


@pytest.mark.parametrize("path", ["stray.py", "run.pth", "native.so", "package/module.py"])
def test_code_that_no_distribution_owns_counts(
    real_venv: Path, captured: Capture, site: Callable[[Path], Path], path: str
) -> None:
    before = captured(real_venv)
    stray = site(real_venv) / path
    stray.parent.mkdir(exist_ok=True)
    stray.write_text("import sys; sys.x = 1\n")
    found = captured(real_venv)
    assert set(found.document["distributions"]) - set(before.document["distributions"]) == {"(unowned)"}
    stray.write_text("import sys; sys.x = 2\n")
    assert captured(real_venv).identity != found.identity


def test_stray_code_in_two_folders_of_the_path_is_one_entry(
    real_venv: Path, project: Path, tmp_path: Path, captured: Capture
) -> None:
    interpreter = whose(project, str(real_venv))
    folders = (*interpreter.site_packages, tmp_path / "second")
    folders[1].mkdir()
    for folder in folders:
        (folder / "stray.py").write_text(f"{folder.name!r}\n")
    (folders[1] / "more.py").write_text("x = 1\n")
    both = capture(replace(interpreter, site_packages=folders), project=project, cache=project / "cache")
    one = named(both, "(unowned)")
    rows = files(both, project=project)["(unowned)"]
    assert (one.files, rows["stray.py"]) == (2, digest.of_file(folders[0] / "stray.py")[0])
    assert not any("also" in other.name for other in both.distributions)


@pytest.mark.parametrize("path", ["_virtualenv.py", "notes.txt", "weights/model.pth", "six-1.17.0.dist-info/x.py"])
def test_innocent_files_that_no_distribution_owns_do_not_count(
    real_venv: Path, captured: Capture, site: Callable[[Path], Path], path: str
) -> None:
    before = captured(real_venv)
    stray = site(real_venv) / path
    stray.parent.mkdir(exist_ok=True)
    stray.write_text("x = 1\n")
    assert captured(real_venv).identity == before.identity


def test_a_distribution_without_record_counts_by_the_files_it_declares(
    venv: Make, captured: Capture, site: Callable[[Path], Path]
) -> None:
    folder = venv()
    info = site(folder) / "old_thing-2.0.egg-info"
    info.mkdir()
    (info / "PKG-INFO").write_text("Metadata-Version: 1.0\nLicense: a\n b\nName: Old.Thing\nVersion: 2.0\n")
    (info / "top_level.txt").write_text("oldthing\noldmodule\n")
    (site(folder) / "oldthing").mkdir()
    (site(folder) / "oldthing" / "__init__.py").write_text("x = 1\n")
    (site(folder) / "oldmodule.py").write_text("x = 1\n")
    found = captured(folder)
    assert set(found.document["distributions"]) == {"old-thing"}
    assert (named(found, "old-thing").version, named(found, "old-thing").files) == ("2.0", 4)
    (site(folder) / "oldthing" / "__init__.py").write_text("x = 2\n")
    assert captured(folder).identity != found.identity


def test_a_develop_install_of_old_setuptools_is_editable(
    venv: Make, captured: Capture, site: Callable[[Path], Path], tmp_path: Path
) -> None:
    folder, source = venv(), tmp_path / "source"
    (source / "thing.egg-info").mkdir(parents=True)
    (source / "thing.egg-info" / "PKG-INFO").write_text("Metadata-Version: 1.0\nName: thing\nVersion: 3.1\n")
    (source / "thing.py").write_text("x = 1\n")
    (site(folder) / "thing.egg-link").write_text(f"{source}\n.\n")
    (site(folder) / "easy-install.pth").write_text(f"{source}\n")
    found = captured(folder)
    assert (named(found, "thing").version, named(found, "thing").editable) == ("3.1", True)
    (source / "thing.py").write_text("x = 2\n")
    assert captured(folder).identity != found.identity


def test_a_name_installed_twice_is_seen_twice(real_venv: Path, captured: Capture, site: Callable[[Path], Path]) -> None:
    left = site(real_venv) / "six-1.16.0.dist-info"
    left.mkdir()
    (left / "METADATA").write_text("Name: six\nVersion: 1.16.0\n")
    (left / "RECORD").write_text("six.py,sha256=AAAA,1\nsix-1.16.0.dist-info/METADATA,,\n")
    found = captured(real_venv)
    assert named(found, "six").version == "1.17.0"
    assert named(found, "six (also 1.16.0)").version == "1.16.0"
    assert any("installed twice" in note for note in found.notes)


def test_what_conda_installed_counts_wherever_its_prefix_lies(
    venv: Make, captured: Capture, project: Path, tmp_path: Path
) -> None:
    def made(name: str) -> Path:
        folder = venv(name)
        library, script = folder / "lib" / "libblas.so.3", folder / "bin" / "config"
        library.write_bytes(b"code")
        script.write_text(f"prefix={folder}\n")
        paths = [
            {"_path": "lib/libblas.so.3", "sha256": digest.of_bytes(b"code")},
            {"_path": "include/blas.h", "sha256": "0" * 64},
            {
                "_path": "bin/config",
                "sha256": digest.of_bytes(b"prefix=/placeholder\n"),
                "sha256_in_prefix": digest.of_file(script)[0],
            },
        ]
        record = {"name": "libblas", "version": "3.9", "build": "h_1", "paths_data": {"paths": paths}}
        (folder / "conda-meta").mkdir()
        (folder / "conda-meta" / "libblas-3.9-h_1.json").write_text(json.dumps(record))
        return folder

    one, other = made("one"), made("another")
    first = captured(one, cache=tmp_path / "1")
    assert first.document["distributions"]["conda:libblas"]["version"] == "3.9-h_1"
    assert captured(other, cache=tmp_path / "2").identity == first.identity
    assert named(first, "conda:libblas").tampered == ()
    assert named(first, "conda:libblas").at_start
    (one / "lib" / "libblas.so.3").write_bytes(b"other code")
    changed = captured(one, cache=tmp_path / "1")
    assert changed.identity != first.identity
    assert named(changed, "conda:libblas").tampered == ("lib/libblas.so.3",)


def test_a_file_that_vanishes_while_it_is_looked_at_is_said(
    real_venv: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interpreter = whose(project, str(real_venv))

    def gone(path: str) -> tuple[str, int]:
        raise FileNotFoundError(errno.ENOENT, "gone", path)

    monkeypatch.setattr("restrike.environment.hashes.digest.of_file", gone)
    with pytest.raises(EnvironmentUnreadable, match="No such file or directory") as raised:
        capture(interpreter, project=project, cache=project / "cache")
    assert "repeat the command" in str(raised.value.hint)


def test_links_in_circles_end(real_venv: Path, captured: Capture, site: Callable[[Path], Path]) -> None:
    before = captured(real_venv)
    (site(real_venv) / "click" / "loop").symlink_to(site(real_venv) / "click")
    (site(real_venv) / "nowhere.py").symlink_to("/gone")
    captured(real_venv)
    (site(real_venv) / "click" / "loop").unlink()
    assert captured(real_venv).identity == before.identity


def test_another_c_library_is_another_identity(real_venv: Path, project: Path) -> None:
    interpreter = whose(project, str(real_venv))
    here = capture(interpreter, project=project, cache=project / "cache")
    there = capture(replace(interpreter, libc="glibc 2.17"), project=project, cache=project / "cache")
    assert here.identity != there.identity
    assert here.document["distributions"] == there.document["distributions"]
